#include "server/torch/nn/pixel_normalization.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

v1::Normalization TwoChannels() {
  v1::Normalization normalization;
  normalization.add_mean(0.5);
  normalization.add_mean(0.25);
  normalization.add_standard_deviation(0.5);
  normalization.add_standard_deviation(0.125);
  return normalization;
}

TEST(PixelNormalization, TreatsEachChannelByItsOwnFigures) {
  const PixelNormalization normalization(TwoChannels(), at::kCPU);
  const at::Tensor result = normalization.FromBytes(at::full({3, 2, 4, 4}, 255, at::kByte));
  EXPECT_TRUE(result.select(1, 0).eq(1).all().item<bool>());  // (1 - 0.5) / 0.5
  EXPECT_TRUE(result.select(1, 1).eq(6).all().item<bool>());  // (1 - 0.25) / 0.125
}

TEST(PixelNormalization, TreatsBytesAndFractionsAlike) {
  const PixelNormalization normalization(TwoChannels(), at::kCPU);
  const at::Tensor bytes = at::arange(32, at::kByte).view({1, 2, 4, 4});
  EXPECT_TRUE(at::equal(normalization.FromBytes(bytes),
                        normalization.FromFractions(bytes.to(at::kFloat).div(255))));
}

TEST(PixelNormalization, LeavesTheBytesAsTheyAre) {
  const PixelNormalization normalization(TwoChannels(), at::kCPU);
  const at::Tensor bytes = at::full({1, 2, 1, 1}, 9, at::kByte);
  normalization.FromBytes(bytes);
  EXPECT_TRUE(bytes.eq(9).all().item<bool>());
}

TEST(PixelNormalization, OnlyScalesWhenTheRecipeGivesNone) {
  const PixelNormalization normalization(v1::Normalization(), at::kCPU);
  EXPECT_FLOAT_EQ(normalization.FromBytes(at::full({1, 1, 1, 1}, 51, at::kByte)).item<float>(),
                  0.2f);
}

}  // namespace
}  // namespace traind
