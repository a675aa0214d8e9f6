#include "server/recipes/recipe_summary.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;

absl::StatusOr<v1::RecipeSummary> Summary(
    const std::string& layers, const std::string& input = "channels: 3 height: 10 width: 8") {
  return SummarizeRecipe(RecipeOfNetwork("input { " + input + " } " + layers));
}

TEST(SummarizeRecipe, FollowsTheHeightAndTheWidthApart) {
  const auto summary =
      Summary("layers { conv2d { out_channels: 4 kernel_size: 3 stride: 2 padding: 1 } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  // floor((10 + 2 - 3) / 2) + 1 and floor((8 + 2 - 3) / 2) + 1.
  EXPECT_THAT(summary->layers(0).input_shape(), ElementsAre(3, 10, 8));
  EXPECT_THAT(summary->layers(0).output_shape(), ElementsAre(4, 5, 4));
}

TEST(SummarizeRecipe, LeavesTheBiasOutWhenTurnedOff) {
  const auto summary = Summary(
      "layers { conv2d { out_channels: 4 kernel_size: 3 bias: false } } layers { flatten {} } "
      "layers { linear { out_features: 2 bias: false } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->layers(0).parameter_count(), 4 * 3 * 3 * 3);
  EXPECT_EQ(summary->layers(2).parameter_count(), 4 * 8 * 6 * 2);
}

TEST(SummarizeRecipe, PoolingStepsByItsKernelUnlessTold) {
  const auto summary = Summary(
      "layers { max_pool2d { kernel_size: 3 } } "
      "layers { max_pool2d { kernel_size: 2 stride: 1 } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(summary->layers(0).output_shape(), ElementsAre(3, 3, 2));
  EXPECT_THAT(summary->layers(1).output_shape(), ElementsAre(3, 2, 1));
}

TEST(SummarizeRecipe, LinearLayerOverAMapSeesNoSquareAnyMore) {
  const auto summary = Summary(
      "layers { conv2d { out_channels: 4 kernel_size: 3 } } layers { flatten {} } "
      "layers { linear { out_features: 5 } } layers { linear { out_features: 2 } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->layers(1).receptive_field(), 3);
  EXPECT_EQ(summary->layers(2).receptive_field(), 0);
  EXPECT_EQ(summary->layers(3).receptive_field(), 0);
}

TEST(SummarizeRecipe, LinearLayerOverOnePlaceSeesWhatCameIn) {
  const auto summary = Summary(
      "layers { adaptive_avg_pool2d { output_size: 1 } } layers { flatten {} } "
      "layers { linear { out_features: 2 } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->layers(2).receptive_field(), 10);
}

TEST(SummarizeRecipe, KeepsTheLayersOfTheRecipe) {
  const auto summary = Summary("layers { dropout { probability: 0.25 } }");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->layers(0).layer().dropout().probability(), 0.25);
}

TEST(SummarizeRecipe, ReceptiveFieldStopsAtTheLargestNumber) {
  // Padding keeps the side while the stride doubles the jump at every layer.
  std::string layers;
  for (int i = 0; i < 80; ++i) {
    layers += "layers { conv2d { out_channels: 1 kernel_size: 3 stride: 2 padding: 8 } } ";
  }
  const auto summary = Summary(layers);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->layers(79).receptive_field(), INT64_MAX);
}

struct Misfit {
  const char* name;
  const char* layers;
  const char* message;
};

class UnfitLayers : public testing::TestWithParam<Misfit> {};

TEST_P(UnfitLayers, AreNamedWithWhatCameIn) {
  const auto summary = Summary(GetParam().layers);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(summary.status()), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, UnfitLayers,
    testing::Values(
        Misfit{"KernelTooLarge",
               "layers { relu {} } layers { conv2d { out_channels: 4 kernel_size: 9 } }",
               "network.layers[1] (conv2d): kernel 9 does not fit the input [3, 10, 8] with "
               "padding 0; use a kernel of at most 8"},
        Misfit{"PoolTooLarge", "layers { max_pool2d { kernel_size: 9 } }",
               "network.layers[0] (max_pool2d): kernel 9 does not fit the input [3, 10, 8] with "
               "padding 0; use a kernel of at most 8"},
        Misfit{"LinearOfAMap", "layers { linear { out_features: 10 } }",
               "network.layers[0] (linear): expected a flat input [features], got [3, 10, 8]; put "
               "a flatten layer before it"},
        Misfit{"BatchNormOfFeatures", "layers { flatten {} } layers { batch_norm2d {} }",
               "network.layers[1] (batch_norm2d): expected an input [channels, height, width], "
               "got [240]; put it before flatten"},
        Misfit{"ConvOfFeatures",
               "layers { flatten {} } layers { conv2d { out_channels: 1 kernel_size: 1 } }",
               "network.layers[1] (conv2d): expected an input [channels, height, width], got "
               "[240]; put it before flatten"},
        Misfit{"PoolOfFeatures", "layers { flatten {} } layers { max_pool2d { kernel_size: 1 } }",
               "network.layers[1] (max_pool2d): expected an input [channels, height, width], got "
               "[240]; put it before flatten"},
        Misfit{"FlattenTwice", "layers { flatten {} } layers { flatten {} }",
               "network.layers[1] (flatten): expected an input [channels, height, width] or "
               "[channels, length], got [240]; put it before flatten"},
        Misfit{"AveragePoolGrows", "layers { adaptive_avg_pool2d { output_size: 9 } }",
               "network.layers[0] (adaptive_avg_pool2d): output_size 9 is larger than the input "
               "[3, 10, 8]"},
        Misfit{"NoKind", "layers {}",
               "network.layers[0] (none): expected one of conv2d, relu, batch_norm2d, max_pool2d, "
               "dropout, adaptive_avg_pool2d, flatten, linear, conv1d, batch_norm1d, layer_norm, "
               "group_norm, sigmoid, tanh, gelu, silu, leaky_relu, elu, softplus, avg_pool2d, "
               "max_pool1d, avg_pool1d, global_avg_pool, global_max_pool, residual, concat, got "
               "none"},
        Misfit{"NoLayers", "", "network.layers: expected 1 to 1000 layers, got 0"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Fields, UnfitLayers,
    testing::Values(
        Misfit{"NoOutChannels", "layers { conv2d { kernel_size: 1 } }",
               "network.layers[0] (conv2d): out_channels expected a whole number >= 1, got 0"},
        Misfit{"NoKernel", "layers { conv2d { out_channels: 1 } }",
               "network.layers[0] (conv2d): kernel_size expected a whole number >= 1, got 0"},
        Misfit{"ZeroStride", "layers { conv2d { out_channels: 1 kernel_size: 1 stride: 0 } }",
               "network.layers[0] (conv2d): stride expected a whole number >= 1, got 0"},
        Misfit{"NegativePadding",
               "layers { conv2d { out_channels: 1 kernel_size: 1 padding: -1 } }",
               "network.layers[0] (conv2d): padding expected a whole number >= 0, got -1"},
        Misfit{"NegativePool", "layers { max_pool2d { kernel_size: -2 } }",
               "network.layers[0] (max_pool2d): kernel_size expected a whole number >= 1, got -2"},
        Misfit{"NoOutFeatures", "layers { flatten {} } layers { linear {} }",
               "network.layers[1] (linear): out_features expected a whole number >= 1, got 0"},
        Misfit{"NoOutputSize", "layers { adaptive_avg_pool2d {} }",
               "network.layers[0] (adaptive_avg_pool2d): output_size expected a whole number >= "
               "1, got 0"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Sizes, UnfitLayers,
    testing::Values(
        Misfit{"TooManyParameters",
               "layers { flatten {} } layers { linear { out_features: 1000000 } } "
               "layers { linear { out_features: 1000000 } }",
               "network.layers[2] (linear): the network has more than the allowed 4294967296 "
               "parameters up to here; make its layers smaller"},
        Misfit{"ParametersPast64Bits",
               "layers { conv2d { out_channels: 2147483647 kernel_size: 2147483647 "
               "padding: 2147483647 stride: 2147483647 } }",
               "network.layers[0] (conv2d): output [2147483647, 2, 2] of one row is too large; "
               "at most 1073741824 values"},
        Misfit{"OutputTooLarge",
               "layers { conv2d { out_channels: 2 kernel_size: 1 padding: 2147483647 } }",
               "network.layers[0] (conv2d): output [2, 4294967304, 4294967302] of one row is too "
               "large; at most 1073741824 values"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(SummarizeRecipe, TooManyLayersAreRefused) {
  std::string layers;
  for (int i = 0; i < 1001; ++i) layers += "layers { relu {} } ";
  EXPECT_EQ(MessageOf(Summary(layers).status()),
            "network.layers: expected 1 to 1000 layers, got 1001");
}

TEST(SummarizeRecipe, InputMustHavePixels) {
  EXPECT_EQ(MessageOf(Summary("layers { relu {} }", "channels: 1 width: 8").status()),
            "network.input.height: expected a whole number from 1 to 16384, got 0");
  EXPECT_EQ(MessageOf(SummarizeRecipe(v1::Recipe()).status()),
            "network.input: expected it to be set, got nothing");
}

}  // namespace
}  // namespace traind
