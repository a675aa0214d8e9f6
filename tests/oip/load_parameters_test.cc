#include "server/oip/load_parameters.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

TEST(LoadParametersTest, WithoutParametersNoVersionIsNamed) {
  EXPECT_EQ(*ParseLoadParameters({}), "");
}

TEST(LoadParametersTest, AVersionIsANumberOrAText) {
  RepositoryParameterMap parameters;
  parameters["version"].set_int64_param(4);
  EXPECT_EQ(*ParseLoadParameters(parameters), "4");
  parameters["version"].set_string_param("production");
  EXPECT_EQ(*ParseLoadParameters(parameters), "production");
  parameters["version"].set_bool_param(true);
  EXPECT_THAT(ParseLoadParameters(parameters),
              StatusIs(absl::StatusCode::kInvalidArgument, "parameter version: expected"));
}

TEST(LoadParametersTest, WhatClientsAlwaysSendMeansNothing) {
  RepositoryParameterMap parameters;
  parameters["unload_dependents"].set_bool_param(true);
  EXPECT_EQ(*ParseLoadParameters(parameters), "");
}

TEST(LoadParametersTest, ConfigurationsAndFilesAreRefusedWithTheReason) {
  for (const char* name : {"config", "file:1/model.pt"}) {
    RepositoryParameterMap parameters;
    parameters[name].set_string_param("{}");
    EXPECT_THAT(ParseLoadParameters(parameters),
                StatusIs(absl::StatusCode::kInvalidArgument, "come from trainings alone"));
  }
}

TEST(LoadParametersTest, UnknownOnesAreRefused) {
  RepositoryParameterMap parameters;
  parameters["speed"].set_int64_param(1);
  EXPECT_THAT(ParseLoadParameters(parameters),
              StatusIs(absl::StatusCode::kInvalidArgument, "got \"speed\""));
}

}  // namespace
}  // namespace traind
