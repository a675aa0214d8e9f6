// Arithmetic against networks whose figures are published elsewhere.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_summary.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

std::string Conv(int channels, int kernel, int padding, int stride = 1) {
  return "layers { conv2d { out_channels: " + std::to_string(channels) +
         " kernel_size: " + std::to_string(kernel) + " padding: " + std::to_string(padding) +
         " stride: " + std::to_string(stride) + " } } ";
}

std::string Pool(int kernel, int stride) {
  return "layers { max_pool2d { kernel_size: " + std::to_string(kernel) +
         " stride: " + std::to_string(stride) + " } } ";
}

std::string Linear(int features) {
  return "layers { linear { out_features: " + std::to_string(features) + " } } ";
}

std::string Input(int channels, int side) {
  return "input { channels: " + std::to_string(channels) + " height: " + std::to_string(side) +
         " width: " + std::to_string(side) + " } ";
}

v1::RecipeSummary KnownSummary(const std::string& network) {
  const absl::StatusOr<v1::RecipeSummary> summary = SummarizeRecipe(RecipeOfNetwork(network));
  EXPECT_TRUE(summary.ok()) << summary.status();
  return *summary;
}

// LeCun et al. 1998, as commonly rebuilt: 61,706 parameters, 416,520
// multiply-accumulates.
TEST(KnownNetworks, LeNet5) {
  const v1::RecipeSummary summary =
      KnownSummary(Input(1, 28) + Conv(6, 5, 2) + Pool(2, 2) + Conv(16, 5, 0) + Pool(2, 2) +
                   "layers { flatten {} } " + Linear(120) + Linear(84) + Linear(10));
  EXPECT_EQ(summary.parameter_count(), 61706);
  EXPECT_EQ(summary.multiply_accumulate_count(), 416520);
  EXPECT_THAT(summary.layers(4).output_shape(), testing::ElementsAre(400));
  EXPECT_EQ(ClassCount(summary), 10);
}

// Simonyan and Zisserman 2014, configuration D: torchvision's vgg16 has
// 138,357,544 parameters and 15.47 G multiply-accumulates; a receptive field of
// 212 at the last pooling (Araujo et al., table of receptive fields).
TEST(KnownNetworks, Vgg16) {
  std::string network = Input(3, 224);
  for (int channels : {64, 128, 256, 512, 512}) {
    for (int i = 0; i < (channels < 256 ? 2 : 3); ++i) network += Conv(channels, 3, 1);
    network += Pool(2, 2);
  }
  network += "layers { flatten {} } " + Linear(4096) + Linear(4096) + Linear(1000);
  const v1::RecipeSummary summary = KnownSummary(network);
  EXPECT_EQ(summary.parameter_count(), 138357544);
  EXPECT_EQ(summary.multiply_accumulate_count(), 15470264320);
  EXPECT_EQ(summary.layers(17).receptive_field(), 212);
}

// Araujo et al.: alexnet_v2 has a receptive field of 195 at its last pooling.
TEST(KnownNetworks, AlexNetReceptiveField) {
  const v1::RecipeSummary summary =
      KnownSummary(Input(3, 224) + Conv(64, 11, 0, 4) + Pool(3, 2) + Conv(192, 5, 2) + Pool(3, 2) +
                   Conv(384, 3, 1) + Conv(384, 3, 1) + Conv(256, 3, 1) + Pool(3, 2));
  EXPECT_EQ(summary.layers(7).receptive_field(), 195);
}

}  // namespace
}  // namespace traind
