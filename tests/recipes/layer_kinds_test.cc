// Shapes, parameters, operations and fields of view of the kinds of layers, by hand; and
// what is said where they do not fit.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_summary.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr char kImage[] = "channels: 4 height: 10 width: 8";
constexpr char kSequence[] = "channels: 4 length: 20";
constexpr char kFeatures[] = "features: 6";

absl::StatusOr<v1::RecipeSummary> SummaryOfInput(const std::string& input,
                                                 const std::string& layers) {
  return SummarizeRecipe(RecipeOfNetwork("input { " + input + " } " + layers));
}

struct Known {
  const char* name;
  const char* input;
  const char* layer;
  std::vector<int64_t> output;
  int64_t parameters;
  int64_t multiply_accumulates;
  int64_t field;
};

class KnownLayer : public testing::TestWithParam<Known> {};

TEST_P(KnownLayer, HasItsShapeAndCosts) {
  const auto summary =
      SummaryOfInput(GetParam().input, std::string("layers { ") + GetParam().layer + " }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(summary->layers(0).output_shape(), ElementsAreArray(GetParam().output));
  EXPECT_EQ(summary->parameter_count(), GetParam().parameters);
  EXPECT_EQ(summary->multiply_accumulate_count(), GetParam().multiply_accumulates);
  EXPECT_EQ(summary->layers(0).receptive_field(), GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    Windows, KnownLayer,
    testing::Values(
        // 20 + 2 - 5 = 17 steps of 2: 9 places. 3 * 4 * 5 weights, 3 biases.
        Known{"Conv1d",
              kSequence,
              "conv1d { out_channels: 3 kernel_size: 5 stride: 2 padding: 1 }",
              {3, 9},
              63,
              60 * 9,
              5},
        Known{"Conv1dWithoutBias",
              kSequence,
              "conv1d { out_channels: 3 kernel_size: 1 bias: false }",
              {3, 20},
              12,
              12 * 20,
              1},
        // 6 channels see 2 each: 6 * 2 * 9 weights.
        Known{"Groups",
              kImage,
              "conv2d { out_channels: 6 kernel_size: 3 groups: 2 }",
              {6, 8, 6},
              108 + 6,
              108 * 48,
              3},
        Known{"AvgPool2d", kImage, "avg_pool2d { kernel_size: 3 }", {4, 3, 2}, 0, 0, 3},
        Known{"AvgPool2dStride",
              kImage,
              "avg_pool2d { kernel_size: 3 stride: 1 }",
              {4, 8, 6},
              0,
              0,
              3},
        Known{"MaxPool1d", kSequence, "max_pool1d { kernel_size: 3 }", {4, 6}, 0, 0, 3},
        Known{"AvgPool1d", kSequence, "avg_pool1d { kernel_size: 2 stride: 3 }", {4, 7}, 0, 0, 2},
        Known{"GlobalAvgPool", kImage, "global_avg_pool {}", {4}, 0, 0, 10},
        Known{"GlobalMaxPool", kSequence, "global_max_pool {}", {4}, 0, 0, 20}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, KnownLayer,
    testing::Values(Known{"BatchNormOfFeatures", kFeatures, "batch_norm1d {}", {6}, 12, 0, 0},
                    Known{"BatchNormOfSequences", kSequence, "batch_norm1d {}", {4, 20}, 8, 0, 1},
                    Known{"LayerNorm", kImage, "layer_norm {}", {4, 10, 8}, 2 * 320, 0, 0},
                    Known{
                        "GroupNorm", kImage, "group_norm { group_count: 2 }", {4, 10, 8}, 8, 0, 0},
                    Known{"Linear", kFeatures, "linear { out_features: 3 }", {3}, 21, 18, 0},
                    Known{"FlattenOfSequences", kSequence, "flatten {}", {80}, 0, 0, 1},
                    Known{"Sigmoid", kFeatures, "sigmoid {}", {6}, 0, 0, 0},
                    Known{"Gelu", kSequence, "gelu {}", {4, 20}, 0, 0, 1}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr char kBlock[] =
    "layers { conv2d { out_channels: 8 kernel_size: 3 padding: 1 } } "
    "layers { residual { "
    "  layers { conv2d { out_channels: 6 kernel_size: 3 stride: 2 padding: 1 bias: false } } "
    "  layers { batch_norm2d {} } "
    "  shortcut { conv2d { out_channels: 6 kernel_size: 1 stride: 2 } frozen: true } "
    "} } layers { global_avg_pool {} }";

TEST(ResidualSummary, AddsUpWhatLiesWithinIt) {
  const auto summary = SummaryOfInput(kImage, kBlock);
  ASSERT_TRUE(summary.ok()) << summary.status();
  const v1::LayerSummary& block = summary->layers(1);
  EXPECT_EQ(block.type(), "Residual");
  EXPECT_THAT(block.output_shape(), ElementsAre(6, 5, 4));
  EXPECT_EQ(block.parameter_count(), 6 * 8 * 9 + 12 + 6 * 8 + 6);
  EXPECT_EQ(block.frozen_parameter_count(), 6 * 8 + 6);
  EXPECT_EQ(summary->frozen_parameter_count(), 6 * 8 + 6);
  // The wider way's: 3, then 2 more of jump 1.
  EXPECT_EQ(block.receptive_field(), 5);
}

TEST(ResidualSummary, TellsTheLayersOfEachWay) {
  const auto summary = SummaryOfInput(kImage, kBlock);
  ASSERT_TRUE(summary.ok()) << summary.status();
  const v1::LayerSummary& block = summary->layers(1);
  ASSERT_EQ(block.ways_size(), 2);
  EXPECT_EQ(block.ways(0).field(), "residual.layers");
  EXPECT_EQ(block.ways(0).layers(1).type(), "BatchNorm2d");
  EXPECT_THAT(block.ways(0).layers(1).input_shape(), ElementsAre(6, 5, 4));
  EXPECT_EQ(block.ways(1).field(), "residual.shortcut");
  EXPECT_THAT(block.ways(1).layers(0).input_shape(), ElementsAre(8, 10, 8));
}

TEST(ConcatSummary, JoinsTheChannels) {
  const auto summary =
      SummaryOfInput(kSequence,
                     "layers { concat { branches {} branches { layers { conv1d { out_channels: 5 "
                     "kernel_size: 3 padding: 1 } } } } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(summary->layers(0).output_shape(), ElementsAre(9, 20));
  EXPECT_EQ(summary->layers(0).receptive_field(), 3);
  EXPECT_EQ(summary->layers(0).ways(1).field(), "concat.branches[1].layers");
}

TEST(DescribeModel, TakesRowsOfTheInputsShape) {
  const std::string head = " layers { linear { out_features: 3 } }";
  const auto features = DescribeModel(RecipeOfNetwork("input { features: 6 }" + head));
  ASSERT_TRUE(features.ok()) << features.status();
  EXPECT_THAT(features->inputs(0).shape(), ElementsAre(-1, 6));
  const auto sequence = DescribeModel(
      RecipeOfNetwork("input { channels: 4 length: 20 } layers { global_avg_pool {} }" + head));
  ASSERT_TRUE(sequence.ok()) << sequence.status();
  EXPECT_THAT(sequence->inputs(0).shape(), ElementsAre(-1, 4, 20));
}

struct MisfitKind {
  const char* name;
  const char* input;
  const char* layers;
  const char* message;
};

class UnfitKind : public testing::TestWithParam<MisfitKind> {};

TEST_P(UnfitKind, IsNamedByItsPlaceWithWhatCameIn) {
  const auto summary = SummaryOfInput(GetParam().input, GetParam().layers);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(summary.status()), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, UnfitKind,
    testing::Values(
        MisfitKind{"Conv2dOfSequences", kSequence,
                   "layers { conv2d { out_channels: 1 kernel_size: 1 } }",
                   "network.layers[0] (conv2d): expected an input [channels, height, width], got "
                   "[4, 20]"},
        MisfitKind{
            "Conv1dOfImages", kImage, "layers { conv1d { out_channels: 1 kernel_size: 1 } }",
            "network.layers[0] (conv1d): expected an input [channels, length], got [4, 10, 8]"},
        MisfitKind{
            "PoolingOfFeatures", kFeatures, "layers { global_avg_pool {} }",
            "network.layers[0] (global_avg_pool): expected an input [channels, height, width] "
            "or [channels, length], got [6]"},
        MisfitKind{"PoolingTwice", kImage, "layers { global_max_pool {} } layers { flatten {} }",
                   "network.layers[1] (flatten): expected an input [channels, height, width] or "
                   "[channels, length], got [4]; put it before flatten"},
        MisfitKind{"BatchNorm1dOfImages", kImage, "layers { batch_norm1d {} }",
                   "network.layers[0] (batch_norm1d): expected an input [channels, length] or "
                   "[features], got [4, 10, 8]; use batch_norm2d"},
        MisfitKind{
            "KernelTooLong", kSequence,
            "layers { conv1d { out_channels: 1 kernel_size: 25 padding: 2 } }",
            "network.layers[0] (conv1d): kernel 25 does not fit the input [4, 20] with padding "
            "2; use a kernel of at most 24"},
        MisfitKind{
            "GroupsOfOutputs", kImage,
            "layers { conv2d { out_channels: 5 kernel_size: 1 groups: 2 } }",
            "network.layers[0] (conv2d): groups expected a divisor of the 4 channels that come "
            "in and of out_channels 5, got 2"},
        MisfitKind{"NoGroups", kImage,
                   "layers { conv2d { out_channels: 5 kernel_size: 1 groups: 0 } }",
                   "network.layers[0] (conv2d): groups expected a whole number >= 1, got 0"},
        MisfitKind{
            "GroupsOfANorm", kImage, "layers { group_norm { group_count: 3 } }",
            "network.layers[0] (group_norm): group_count expected a divisor of the channels of "
            "the input [4, 10, 8], got 3"},
        MisfitKind{"TooFewValues", kFeatures,
                   "layers { linear { out_features: 2 weight { values { value: [1, 2, 3] } } } }",
                   "network.layers[0] (linear): weight.values expected 12 values, row-major, for "
                   "[2, 6], got 3"},
        MisfitKind{
            "TooManyBiases", kSequence,
            "layers { conv1d { out_channels: 1 kernel_size: 1 bias_values { values { value: "
            "[1, 2] } } } }",
            "network.layers[0] (conv1d): bias_values.values expected 1 values, row-major, for "
            "[1], got 2"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Ways, UnfitKind,
    testing::Values(
        MisfitKind{
            "WithinAShortcut", kImage,
            "layers { relu {} } layers { residual { layers { relu {} } shortcut { relu {} } "
            "shortcut { conv2d { out_channels: 1 kernel_size: 9 } } } }",
            "network.layers[1].residual.shortcut[1] (conv2d): kernel 9 does not fit the input "
            "[4, 10, 8] with padding 0; use a kernel of at most 8"},
        MisfitKind{
            "WithinWithin", kFeatures,
            "layers { residual { layers { concat { branches {} branches { layers { relu {} } "
            "layers { conv1d { out_channels: 1 kernel_size: 1 } } } } } } }",
            "network.layers[0].residual.layers[0].concat.branches[1].layers[1] (conv1d): "
            "expected an input [channels, length], got [6]"},
        MisfitKind{
            "SumOfTwoShapes", kImage,
            "layers { residual { layers { conv2d { out_channels: 5 kernel_size: 1 } } } }",
            "network.layers[0] (residual): expected residual.layers and residual.shortcut to put "
            "out one shape, got [5, 10, 8] and [4, 10, 8]"},
        MisfitKind{
            "JoinOfTwoSizes", kImage,
            "layers { concat { branches {} branches { layers { max_pool2d { kernel_size: 2 } } "
            "} } }",
            "network.layers[0] (concat): expected concat.branches to differ in their first size "
            "only, got [4, 10, 8] and [4, 5, 4]"},
        MisfitKind{
            "JoinOfTwoRanks", kImage,
            "layers { concat { branches {} branches { layers { flatten {} } } } }",
            "network.layers[0] (concat): expected concat.branches to differ in their first size "
            "only, got [4, 10, 8] and [320]"},
        MisfitKind{"NoBranches", kImage, "layers { concat {} }",
                   "network.layers[0] (concat): branches expected at least two, got 0"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Shapes, UnfitKind,
    testing::Values(
        MisfitKind{
            "TwoKinds", "features: 6 height: 3", "layers { relu {} }",
            "network.input: expected channels, height and width of an image, channels and "
            "length of a sequence, or features, got channels 0, height 3, width 0, length 0, "
            "features 6"},
        MisfitKind{
            "SequenceOfImages", "channels: 2 length: 6 width: 3", "layers { relu {} }",
            "network.input: expected channels, height and width of an image, channels and "
            "length of a sequence, or features, got channels 2, height 0, width 3, length 6, "
            "features 0"},
        MisfitKind{"NoChannels", "length: 6", "layers { relu {} }",
                   "network.input.channels: expected a whole number from 1 to 16777216, got 0"},
        MisfitKind{"NegativeFeatures", "features: -1", "layers { relu {} }",
                   "network.input.features: expected a whole number from 1 to 16777216, got -1"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(NestedLayers, AreCountedAmongAll) {
  std::string within;
  for (int i = 0; i < 1000; ++i) within += "layers { relu {} } ";
  EXPECT_EQ(MessageOf(SummaryOfInput(kFeatures, "layers { residual { " + within + "} }").status()),
            "network.layers: expected 1 to 1000 layers, got 1001");
}

TEST(NestedLayers, LieAtMostSoDeep) {
  std::string layers = "layers { relu {} }";
  for (int depth = 1; depth < 8; ++depth) layers = "layers { residual { " + layers + " } }";
  EXPECT_TRUE(SummaryOfInput(kFeatures, layers).ok());
  layers = "layers { residual { " + layers + " } }";
  EXPECT_EQ(MessageOf(SummaryOfInput(kFeatures, layers).status()),
            "network.layers: expected layers within layers at most 8 deep, got 9");
}

}  // namespace
}  // namespace traind
