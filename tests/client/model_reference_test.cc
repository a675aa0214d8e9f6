#include "client/trainctl/model_reference.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::HasSubstr;

TEST(ModelReferenceTest, NameAloneMeansTheNewest) {
  const absl::StatusOr<ModelReference> reference = ParseModelReference("s4");
  ASSERT_TRUE(reference.ok());
  EXPECT_EQ(reference->model, "s4");
  EXPECT_EQ(reference->version, 0);
  EXPECT_EQ(reference->alias, "");
}

TEST(ModelReferenceTest, NumberIsAVersionAndAWordAnAlias) {
  EXPECT_EQ(ParseModelReference("s4@3")->version, 3);
  EXPECT_EQ(ParseModelReference("s4@production")->alias, "production");
  EXPECT_EQ(ParseModelReference("s4@3a")->alias, "3a");
}

TEST(ModelReferenceTest, IncompleteReferencesAreRefused) {
  for (const char* text : {"", "@", "@3", "s4@", "s4@0", "s4@-1"}) {
    EXPECT_EQ(ParseModelReference(text).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

class FindModelVersionTest : public testing::Test {
 protected:
  FindModelVersionTest() {
    google::protobuf::TextFormat::ParseFromString(
        R"pb(
          models {
            name: "mlp"
            versions { version: 1 }
          }
          models {
            name: "s4"
            versions { version: 7 }
            versions { version: 6 aliases: "production" aliases: "best" }
          })pb",
        &models_);
  }

  absl::StatusOr<v1::ModelVersion> Find(const std::string& text) {
    return FindModelVersion(models_, *ParseModelReference(text));
  }

  v1::ListModelsResponse models_;
};

TEST_F(FindModelVersionTest, NewestVersionIsTheFirst) { EXPECT_EQ(Find("s4")->version(), 7); }

TEST_F(FindModelVersionTest, VersionAndAliasAreFound) {
  EXPECT_EQ(Find("s4@6")->version(), 6);
  EXPECT_EQ(Find("s4@best")->version(), 6);
}

TEST_F(FindModelVersionTest, WhatIsNotThereIsNotFoundAndTheRestListed) {
  EXPECT_EQ(Find("s5").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(Find("s5").status().message()), HasSubstr("published: mlp, s4"));
  EXPECT_THAT(std::string(Find("s4@5").status().message()),
              HasSubstr("no version or alias 5; it has 7, 6, production, best"));
  models_.clear_models();
  EXPECT_THAT(std::string(Find("s4").status().message()), HasSubstr("published: none"));
}

}  // namespace
}  // namespace traind
