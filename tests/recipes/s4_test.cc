// The recipes of this repository against the published figures of the network:
// shapes and parameters of its printed summary, receptive fields by the formula
// of Araujo et al. (Distill 2019), multiply-accumulates worked out by hand.
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

struct Row {
  const char* type;
  std::vector<int64_t> shape;
  int64_t parameters;
};

class S4Network : public testing::TestWithParam<const char*> {
 protected:
  S4Network() : recipe_(ShippedRecipe(GetParam())), summary_(*SummarizeRecipe(recipe_)) {}

  const v1::Recipe recipe_;
  const v1::RecipeSummary summary_;
};

INSTANTIATE_TEST_SUITE_P(Recipes, S4Network, testing::Values("s4", "s4-classic"),
                         [](const auto& info) {
                           return std::string(info.param) == "s4" ? "OneCycle" : "Classic";
                         });

TEST_P(S4Network, IsValid) {
  const absl::Status status = ValidateRecipe(recipe_);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(S4Network, HasTheTwelveRowsOfItsSummary) {
  const std::vector<Row> expected = {
      {"Conv2d", {32, 24, 24}, 832},    {"BatchNorm2d", {32, 24, 24}, 64},
      {"Conv2d", {16, 22, 22}, 4624},   {"BatchNorm2d", {16, 22, 22}, 32},
      {"Dropout", {16, 11, 11}, 0},     {"Conv2d", {16, 9, 9}, 2320},
      {"BatchNorm2d", {16, 9, 9}, 32},  {"Conv2d", {64, 7, 7}, 9280},
      {"BatchNorm2d", {64, 7, 7}, 128}, {"AdaptiveAvgPool2d", {64, 1, 1}, 0},
      {"Dropout", {64, 1, 1}, 0},       {"Linear", {10}, 650}};
  size_t row = 0;
  for (const v1::LayerSummary& layer : summary_.layers()) {
    if (layer.type() == "ReLU" || layer.type() == "MaxPool2d" || layer.type() == "Flatten") {
      continue;
    }
    ASSERT_LT(row, expected.size());
    EXPECT_EQ(layer.type(), expected[row].type);
    EXPECT_THAT(layer.output_shape(), ElementsAreArray(expected[row].shape)) << layer.type();
    EXPECT_EQ(layer.parameter_count(), expected[row].parameters) << layer.type();
    ++row;
  }
  EXPECT_EQ(row, expected.size());
}

TEST_P(S4Network, Has17962Parameters) { EXPECT_EQ(summary_.parameter_count(), 17962); }

TEST_P(S4Network, Needs3329920MultiplyAccumulatesPerRow) {
  EXPECT_EQ(summary_.multiply_accumulate_count(), 24 * 24 * 32 * 25 + 22 * 22 * 16 * 9 * 32 +
                                                      9 * 9 * 16 * 9 * 16 + 7 * 7 * 64 * 9 * 16 +
                                                      64 * 10);
  EXPECT_EQ(summary_.multiply_accumulate_count(), 3329920);
}

TEST_P(S4Network, SeesTheWholeImageAtItsGlobalPooling) {
  std::vector<int64_t> fields;
  for (const v1::LayerSummary& layer : summary_.layers()) {
    if (layer.layer().has_conv2d() || layer.type() == "MaxPool2d" ||
        layer.type() == "AdaptiveAvgPool2d") {
      fields.push_back(layer.receptive_field());
    }
  }
  EXPECT_THAT(fields, ElementsAre(5, 7, 8, 12, 16, 28));
}

TEST_P(S4Network, ConvolvesThenRectifiesThenNormalises) {
  for (int i = 0; i < recipe_.network().layers_size(); ++i) {
    if (!recipe_.network().layers(i).has_conv2d()) continue;
    EXPECT_TRUE(recipe_.network().layers(i + 1).has_relu()) << i;
    EXPECT_TRUE(recipe_.network().layers(i + 2).has_batch_norm2d()) << i;
  }
}

TEST_P(S4Network, StaysWithinNineteenEpochs) { EXPECT_LE(recipe_.epoch_count(), 19); }

TEST_P(S4Network, TakesImagesAndGivesClassesLogitsAndProbabilities) {
  const absl::StatusOr<v1::ModelVersion> model = DescribeModel(recipe_);
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->inputs_size(), 1);
  EXPECT_EQ(model->inputs(0).name(), "x");
  EXPECT_EQ(model->inputs(0).data_type(), v1::DATA_TYPE_FP32);
  EXPECT_THAT(model->inputs(0).shape(), ElementsAre(-1, 1, 28, 28));
  ASSERT_EQ(model->outputs_size(), 3);
  EXPECT_EQ(model->outputs(0).name(), "classes");
  EXPECT_EQ(model->outputs(0).data_type(), v1::DATA_TYPE_INT64);
  EXPECT_THAT(model->outputs(0).shape(), ElementsAre(-1));
  EXPECT_EQ(model->outputs(1).name(), "logits");
  EXPECT_THAT(model->outputs(1).shape(), ElementsAre(-1, 10));
  EXPECT_EQ(model->outputs(2).name(), "probabilities");
  EXPECT_THAT(model->outputs(2).shape(), ElementsAre(-1, 10));
  EXPECT_EQ(model->parameter_count(), 17962);
  EXPECT_EQ(model->recipe().name(), GetParam());
}

TEST(S4Classic, TrainsThePlainWay) {
  const v1::Recipe recipe = ShippedRecipe("s4-classic");
  EXPECT_EQ(recipe.batch_size(), 64);
  EXPECT_EQ(recipe.epoch_count(), 19);
  EXPECT_TRUE(recipe.schedule().has_constant());
  EXPECT_FALSE(recipe.has_ema());
  EXPECT_FALSE(recipe.data().has_augmentation());
  EXPECT_EQ(recipe.network().layers(7).dropout().probability(), 0.1);
}

}  // namespace
}  // namespace traind
