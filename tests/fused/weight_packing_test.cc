#include "server/fused/weight_packing.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "server/fused/fused_plan.h"

namespace traind {
namespace {

// 3 input channels laid out as 16, 2 output channels as 16, kernel 2 x 2.
FusedStage Stage(bool linear) {
  FusedStage stage;
  if (linear) stage.kind = FusedStage::Kind::kLinear;
  stage.in_channels = 3;
  stage.out_channels = 2;
  stage.kernel_height = stage.kernel_width = 2;
  stage.in_height = stage.in_width = linear ? 2 : 5;
  stage.laid_in_channels = stage.laid_out_channels = kChannelBlock;
  return stage;
}

// 0, 1, 2…: [out][in][place] is out * 12 + in * 4 + place.
std::vector<float> Numbers() {
  std::vector<float> numbers(24);
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  return numbers;
}

std::vector<float> Packed(const FusedStage& stage) {
  std::vector<float> packed(stage.weight_rows() * stage.laid_out_channels);
  // By two threads.
  PackWeights(stage, Numbers().data(), 0, 20, packed.data());
  PackWeights(stage, Numbers().data(), 20, stage.weight_rows(), packed.data());
  return packed;
}

TEST(WeightPacking, LaysOneRowForEachPlaceAndInputChannel) {
  const std::vector<float> packed = Packed(Stage(false));
  // Place 2, input channel 1, output channel 1.
  EXPECT_EQ(packed[(2 * 16 + 1) * 16 + 1], 1 * 12 + 1 * 4 + 2);
  EXPECT_EQ(packed[(2 * 16 + 3) * 16 + 1], 0);  // padding channels
  EXPECT_EQ(packed[(2 * 16 + 1) * 16 + 2], 0);
}

TEST(WeightPacking, UnpacksWhatItPacked) {
  for (const bool linear : {false, true}) {
    const FusedStage stage = Stage(linear);
    const std::vector<float> packed = Packed(stage);
    std::vector<float> unpacked(24);
    UnpackWeights(stage, packed.data(), 0, 33, unpacked.data());
    UnpackWeights(stage, packed.data(), 33, stage.weight_rows(), unpacked.data());
    EXPECT_EQ(unpacked, Numbers());
  }
}

TEST(WeightPacking, TurnsAConvolutionForItsInputGradient) {
  const FusedStage stage = Stage(false);
  std::vector<float> packed(4 * 16 * 16);
  PackForInputGradient(stage, Numbers().data(), 0, stage.weight_rows(), packed.data());
  // Place 2 comes from place 4 - 1 - 2; rows are output channels now.
  EXPECT_EQ(packed[(2 * 16 + 1) * 16 + 0], 1 * 12 + 0 * 4 + 1);
  EXPECT_EQ(packed[(2 * 16 + 1) * 16 + 2], 1 * 12 + 2 * 4 + 1);
}

TEST(WeightPacking, KeepsTheOrderOfALinearLayersFeaturesInItsInputGradient) {
  const FusedStage stage = Stage(true);
  std::vector<float> packed(16 * 4 * 16);
  PackForInputGradient(stage, Numbers().data(), 0, stage.weight_rows(), packed.data());
  EXPECT_EQ(packed[1 * 64 + 2 * 16 + 1], 1 * 12 + 1 * 4 + 2);  // output 1, place 2, input 1
}

TEST(WeightPacking, FoldedWeightsGiveTheSameSums) {
  const FusedStage stage = Stage(false);
  const std::vector<float> packed = Packed(stage);
  std::vector<float> factors(16);
  std::vector<float> offsets(16);
  for (int c = 0; c < 3; ++c) {
    factors[c] = 0.5F - static_cast<float>(c);
    offsets[c] = 0.25F * static_cast<float>(c + 1);
  }
  const std::vector<float> bias = {3, -4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  std::vector<float> folded(packed.size());
  std::vector<float> folded_bias(16);
  FoldAffine(stage, packed.data(), bias.data(), factors.data(), offsets.data(), folded.data(),
             folded_bias.data());
  for (int out = 0; out < 2; ++out) {
    double expected = bias[out];
    double result = folded_bias[out];
    for (int place = 0; place < 4; ++place) {
      for (int in = 0; in < 3; ++in) {
        const double value = 1 + place - 2 * in;  // any
        const int64_t row = place * 16 + in;
        expected += packed[row * 16 + out] * (factors[in] * value + offsets[in]);
        result += folded[row * 16 + out] * value;
      }
    }
    EXPECT_NEAR(result, expected, 1e-4);
  }
}

TEST(WeightPacking, UnfoldsTheGradientByTheChainRule) {
  const FusedStage stage = Stage(false);
  std::vector<float> gradient(stage.weight_rows() * 16);
  gradient[(1 * 16 + 2) * 16 + 1] = 10;  // sum of r * dy of place 1, input 2, output 1
  std::vector<float> factors(16);
  std::vector<float> offsets(16);
  std::vector<float> sums(16);
  factors[2] = 3;
  offsets[2] = 0.5;
  sums[1] = 8;  // of dy
  UnfoldGradient(stage, factors.data(), offsets.data(), sums.data(), 0, stage.weight_rows(),
                 gradient.data());
  // sum of (3 r + 0.5) * dy
  EXPECT_EQ(gradient[(1 * 16 + 2) * 16 + 1], 3 * 10 + 0.5 * 8);
}

}  // namespace
}  // namespace traind
