// Recipes whose network is a module.
#include "server/recipes/module_validation.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::HasSubstr;

// s4 with a module in place of its layers.
v1::Recipe ModuleRecipe() {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.mutable_network()->clear_layers();
  recipe.mutable_network()->mutable_module()->set_name("mine");
  recipe.mutable_network()->mutable_module()->set_out_features(10);
  return recipe;
}

std::string Answer(const std::string& change) {
  v1::Recipe recipe = ModuleRecipe();
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(change, &recipe)) << change;
  return MessageOf(ValidateRecipe(recipe));
}

TEST(ModuleValidation, AModuleTakesThePlaceOfLayers) {
  EXPECT_EQ(Answer(""), "");
  EXPECT_THAT(Answer("network { layers { relu {} } }"),
              HasSubstr("network.layers: expected none beside network.module, got 1"));
}

TEST(ModuleValidation, ItsFieldsAreCheckedByName) {
  EXPECT_THAT(Answer("network { module { name: \"a/b\" } }"), HasSubstr("network.module.name: "));
  EXPECT_THAT(Answer("network { module { sha256: \"ab\" } }"),
              HasSubstr("network.module.sha256: expected 64 lower-case hexadecimal digits"));
}

TEST(ModuleValidation, ClassesNeedTwoOutputs) {
  v1::Recipe recipe = ModuleRecipe();
  recipe.mutable_network()->mutable_module()->set_out_features(1);
  EXPECT_THAT(MessageOf(ValidateRecipe(recipe)),
              HasSubstr("network.module.out_features: expected the last layer to put out"));
}

TEST(ModuleValidation, WhatAModuleCannotDoIsRefused) {
  EXPECT_THAT(Answer("float64: true"), HasSubstr("float64: expected nothing beside"));
  EXPECT_THAT(Answer("batch_norm_recalibration_batches: 2"),
              HasSubstr("batch_norm_recalibration_batches: expected nothing beside"));
}

TEST(ModuleValidation, ItIsTrainedByPlainStepsInFullPrecision) {
  v1::Execution execution;
  EXPECT_EQ(MessageOf(ValidateTogether(ModuleRecipe(), execution)), "");
  execution.set_step("fused");
  EXPECT_THAT(MessageOf(ValidateTogether(ModuleRecipe(), execution)),
              HasSubstr("execution.step: expected auto or plain for a module, got fused"));
  execution.set_step("plain");
  execution.set_precision(v1::PRECISION_BF16);
  EXPECT_THAT(MessageOf(ValidateTogether(ModuleRecipe(), execution)),
              HasSubstr("execution.precision: expected PRECISION_FP32 or PRECISION_TF32"));
  EXPECT_EQ(MessageOf(ValidateTogether(ShippedRecipe("s4"), execution)), "");
  execution.clear_precision();
  execution.set_trace(true);
  EXPECT_THAT(MessageOf(ValidateTogether(ModuleRecipe(), execution)),
              HasSubstr("execution.trace: expected none for a module"));
}

TEST(ModuleValidation, ASummaryHasOneLineForIt) {
  v1::Recipe recipe = ModuleRecipe();
  recipe.mutable_network()->mutable_module()->set_parameter_count(42);
  const absl::StatusOr<v1::RecipeSummary> summary = SummarizeRecipe(recipe);
  ASSERT_TRUE(summary.ok()) << summary.status();
  ASSERT_EQ(summary->layers_size(), 1);
  EXPECT_EQ(summary->layers(0).type(), "Module");
  EXPECT_EQ(summary->parameter_count(), 42);
  EXPECT_EQ(ClassCount(*summary), 10);
}

TEST(ModuleValidation, AVersionOfItHasTheSignatureOfItsShapes) {
  const absl::StatusOr<v1::ModelVersion> version = DescribeModel(ModuleRecipe());
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_THAT(version->inputs(0).shape(), testing::ElementsAre(-1, 1, 28, 28));
  EXPECT_THAT(version->outputs(1).shape(), testing::ElementsAre(-1, 10));
}

}  // namespace
}  // namespace traind
