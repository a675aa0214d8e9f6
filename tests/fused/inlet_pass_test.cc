#include "server/fused/inlet_pass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace traind {
namespace {

// 16 channels of 4 x 4 into a convolution padded by 1.
struct Stages {
  explicit Stages(const FusedInlet& inlet) {
    below.in_height = below.in_width = 4;
    below.kernel_height = below.kernel_width = 1;
    below.out_channels = below.laid_out_channels = kChannelBlock;
    above.inlet = inlet;
    above.in_channels = above.laid_in_channels = kChannelBlock;
    const int side = inlet.pool == FusedInlet::Pool::kMax ? 2 : 4;
    above.in_height = above.in_width = side;
    above.padding = 1;
    above.kernel_height = above.kernel_width = 3;
    output.resize(4 * 4 * 16);
    for (size_t i = 0; i < output.size(); ++i) output[i] = std::sin(static_cast<float>(i));
    input.assign(above.in_values(), 9);
  }
  float At(int row, int column, int channel) const {
    return output[(row * 4 + column) * 16 + channel];
  }
  float Made(int row, int column, int channel) const {
    return input[((row + 1) * (above.in_width + 2) + column + 1) * 16 + channel];
  }

  FusedStage below;
  FusedStage above;
  std::vector<float> factors = std::vector<float>(16, -2);
  std::vector<float> offsets = std::vector<float>(16, 0.5);
  std::vector<float> output;
  std::vector<float> input;
};

TEST(InletPass, NormalizesIntoTheBorderedBufferAndLeavesTheBorder) {
  Stages stages({});
  InletPass(stages.above, stages.below, BestElementwiseKernels())
      .Make(stages.factors.data(), stages.offsets.data(), stages.output.data(), nullptr,
            stages.input.data(), nullptr);
  EXPECT_FLOAT_EQ(stages.Made(2, 3, 5), -2 * stages.At(2, 3, 5) + 0.5F);
  EXPECT_EQ(stages.Made(-1, 0, 0), 9);
  EXPECT_EQ(stages.Made(4, 4, 15), 9);
}

TEST(InletPass, PoolsWhatIsNormalizedByANegativeFactorThenCutsOff) {
  FusedInlet inlet;
  inlet.relu = true;
  inlet.pool = FusedInlet::Pool::kMax;
  inlet.pool_size = inlet.pool_stride = 2;
  Stages stages(inlet);
  InletPass(stages.above, stages.below, BestElementwiseKernels())
      .Make(stages.factors.data(), stages.offsets.data(), stages.output.data(), nullptr,
            stages.input.data(), nullptr);
  for (int channel = 0; channel < 16; ++channel) {
    float largest = 0;  // ReLU
    for (const int row : {2, 3}) {
      for (const int column : {0, 1}) {
        largest = std::max(largest, -2 * stages.At(row, column, channel) + 0.5F);
      }
    }
    EXPECT_FLOAT_EQ(stages.Made(1, 0, channel), largest);
  }
}

TEST(InletPass, DropsTheProbabilitysShareAndKeepsTheMean) {
  FusedInlet inlet;
  inlet.drop = 0.3;
  Stages stages(inlet);
  std::fill(stages.output.begin(), stages.output.end(), 0.0F);  // so that all become 0.5
  const InletPass pass(stages.above, stages.below, BestElementwiseKernels());
  std::vector<uint8_t> mask(pass.mask_bytes());
  constexpr int kSamples = 400;
  constexpr int kValues = 4 * 4 * 16;
  int64_t dropped_count = 0;
  double sum = 0;
  for (uint32_t sample = 0; sample < kSamples; ++sample) {
    pass.DrawMask({{1, 2}, {sample, 3, 4}}, mask.data());
    pass.Make(stages.factors.data(), stages.offsets.data(), stages.output.data(), mask.data(),
              stages.input.data(), nullptr);
    for (int pixel = 0; pixel < 16; ++pixel) {
      for (int channel = 0; channel < 16; ++channel) {
        const float value = stages.Made(pixel / 4, pixel % 4, channel);
        dropped_count += value == 0 ? 1 : 0;
        sum += value;
      }
    }
  }
  constexpr double kCount = kSamples * kValues;
  // Five standard deviations.
  EXPECT_NEAR(dropped_count / kCount, 0.3, 5 * std::sqrt(0.3 * 0.7 / kCount));
  EXPECT_NEAR(sum / kCount, 0.5, 0.5 / 0.7 * 5 * std::sqrt(0.3 * 0.7 / kCount));
}

TEST(InletPass, PassesBackOnlyWhatWasKept) {
  FusedInlet inlet;
  inlet.drop = 0.5;
  Stages stages(inlet);
  const InletPass pass(stages.above, stages.below, BestElementwiseKernels());
  std::vector<uint8_t> mask(pass.mask_bytes());
  pass.DrawMask({{1, 2}, {3, 4, 5}}, mask.data());
  pass.Make(stages.factors.data(), stages.offsets.data(), stages.output.data(), mask.data(),
            stages.input.data(), nullptr);
  std::vector<float> gradient(4 * 4 * 16, 1);
  std::vector<float> passed(4 * 4 * 16);
  std::vector<float> scratch(32);
  std::vector<double> sum(16);
  std::vector<double> product_sum(16);
  pass.PassBack(stages.output.data(), stages.input.data(), gradient.data(), mask.data(), nullptr,
                passed.data(), scratch.data(), sum.data(), product_sum.data());
  for (int channel = 0; channel < 16; ++channel) {
    double expected_sum = 0;
    double expected_product_sum = 0;
    for (int pixel = 0; pixel < 16; ++pixel) {
      const float expected = stages.Made(pixel / 4, pixel % 4, channel) == 0 ? 0 : 2;
      EXPECT_EQ(passed[pixel * 16 + channel], expected);
      expected_sum += expected;
      expected_product_sum += expected * stages.At(pixel / 4, pixel % 4, channel);
    }
    EXPECT_NEAR(sum[channel], expected_sum, 1e-5);
    EXPECT_NEAR(product_sum[channel], expected_product_sum, 1e-4);
  }
}

TEST(InletPass, CopiesImagesChannelsLastWithTheirNormalisation) {
  FusedStage stage;
  stage.in_channels = stage.laid_in_channels = 3;
  stage.in_height = 2;
  stage.in_width = 4;
  stage.padding = 1;
  std::vector<float> image(3 * 2 * 4);
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i);
  std::vector<float> input(stage.in_values());
  const std::vector<Affine> pixels = {{1, 0}, {1, 0}, {10, -1}};
  CopyImage(stage, image.data(), pixels, input.data());
  // Row 1, column 2, channel 2: 16 + 4 + 2.
  EXPECT_EQ(input[(2 * 6 + 3) * 3 + 2], 10 * 22 - 1);
  EXPECT_EQ(input[(2 * 6 + 3) * 3 + 1], 14);
  EXPECT_EQ(input[0], 0);
}

}  // namespace
}  // namespace traind
