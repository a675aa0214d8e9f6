#include "server/kernels/conv_bf16.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/reference_conv.h"

namespace traind {
namespace {

using testing::ElementsAre;

// Of the sum of the absolute products, as for floats: the inputs are rounded before.
constexpr double kTolerance = 1e-5;
// Of a number itself, where it is stored: half of the last of 8 bits.
constexpr double kRounding = 1.0 / 256;

TEST(RoundToBf16Test, TakesTheNearestAndTheEvenOne) {
  // 1 + n/256: the numbers of bf16 near 1 are 1/128 apart.
  const float from[] = {1, 1 + 1 / 256.0F, 1 + 3 / 256.0F, 1 + 1.01F / 256, -2.5F, 0};
  Bf16 to[6];
  RoundToBf16(6, from, to);
  EXPECT_THAT(to, ElementsAre(0x3F80, 0x3F80, 0x3F82, 0x3F81, 0xC020, 0));
}

TEST(RoundToBf16Test, KeepsInfinityAndNan) {
  const float from[] = {std::numeric_limits<float>::infinity(),
                        std::numeric_limits<float>::signaling_NaN(),
                        std::numeric_limits<float>::max()};
  Bf16 to[3];
  RoundToBf16(3, from, to);
  EXPECT_EQ(FloatOf(to[0]), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(FloatOf(to[1])));
  EXPECT_EQ(FloatOf(to[2]), std::numeric_limits<float>::infinity());
}

TEST(PackBf16WeightsTest, PairsNeighbouringTapsAndPadsTheLast) {
  // One row of three taps, two channels in the first 16: the rest is zero.
  const ConvShape shape = {1, 3, 1, 16, 1, 3};
  std::vector<float> weights(3 * 16);
  for (int tap = 0; tap < 3; ++tap) weights[tap * 16] = static_cast<float>(tap + 1);
  std::vector<Bf16> packed(Bf16WeightCount(shape), 7);
  PackBf16Weights(shape, weights.data(), packed.data());
  ASSERT_EQ(packed.size(), 2 * 16 * 2);
  EXPECT_EQ(FloatOf(packed[0]), 1);
  EXPECT_EQ(FloatOf(packed[1]), 2);
  EXPECT_EQ(FloatOf(packed[32]), 3);
  EXPECT_EQ(FloatOf(packed[33]), 0);
}

// Numbers that bf16 has, as such and as floats.
struct Rounded {
  explicit Rounded(std::vector<float> numbers) : bf16(numbers.size() + 1), floats(numbers) {
    RoundToBf16(static_cast<int64_t>(numbers.size()), numbers.data(), bf16.data());
    for (size_t i = 0; i < floats.size(); ++i) floats[i] = FloatOf(bf16[i]);
  }

  std::vector<Bf16> bf16;  // and the one element behind that forward may read
  std::vector<float> floats;
};

class Bf16ConvTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    kernels_ = FindBf16ConvKernels(GetParam());
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor has no " << GetParam();
  }

  static std::vector<Bf16> Packed(const ConvShape& shape, const Rounded& weights) {
    std::vector<Bf16> packed(Bf16WeightCount(shape));
    PackBf16Weights(shape, weights.floats.data(), packed.data());
    return packed;
  }

  const Bf16ConvKernels* kernels_ = nullptr;
  std::mt19937 random_{7};
};

TEST_P(Bf16ConvTest, ForwardToFloatSumsTheProductsOfRoundedNumbers) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const Rounded x(RandomFloats(InCount(shape), random_));
    const Rounded weights(RandomFloats(WeightCount(shape), random_));
    const std::vector<Exact> exact = ReferenceForward(shape, x.floats, weights.floats);
    std::vector<float> y(exact.size());
    kernels_->forward_to_float(shape, x.bf16.data(), Packed(shape, weights).data(), {}, y.data(),
                               int64_t{shape.out_width()} * shape.out_channels);
    for (size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], exact[i].value, kTolerance * exact[i].magnitude) << Name(shape);
    }
  }
}

TEST_P(Bf16ConvTest, ForwardRoundsWhatItStoresAndSumsThat) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const Rounded x(RandomFloats(InCount(shape), random_));
    const Rounded weights(RandomFloats(WeightCount(shape), random_));
    const Rounded companion(RandomFloats(OutCount(shape), random_));
    const std::vector<float> bias = RandomFloats(shape.out_channels, random_);
    std::vector<Exact> exact = ReferenceForward(shape, x.floats, weights.floats);
    std::vector<Bf16> y(exact.size());
    std::vector<float> sum(shape.out_channels), product_sum(shape.out_channels);
    kernels_->forward(shape, x.bf16.data(), Packed(shape, weights).data(),
                      {bias.data(), true, companion.bf16.data(), sum.data(), product_sum.data()},
                      y.data(), int64_t{shape.out_width()} * shape.out_channels);
    std::vector<Exact> stored_sum(shape.out_channels), stored_product_sum(shape.out_channels);
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t channel = i % shape.out_channels;
      exact[i].Add(bias[channel]);
      const double expected = std::max(exact[i].value, 0.0);
      const double stored = FloatOf(y[i]);
      ASSERT_NEAR(stored, expected, kTolerance * exact[i].magnitude + kRounding * expected)
          << Name(shape);
      stored_sum[channel].Add(stored);
      stored_product_sum[channel].Add(stored * companion.floats[i]);
    }
    for (int c = 0; c < shape.out_channels; ++c) {
      ASSERT_NEAR(sum[c], stored_sum[c].value, kTolerance * stored_sum[c].magnitude);
      ASSERT_NEAR(product_sum[c], stored_product_sum[c].value,
                  kTolerance * stored_product_sum[c].magnitude);
    }
  }
}

TEST_P(Bf16ConvTest, WeightGradientAddsToWhatIsThere) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const Rounded x(RandomFloats(InCount(shape), random_));
    const Rounded dense(RandomFloats(OutCount(shape), random_));
    std::vector<Exact> exact = ReferenceWeightGradient(shape, x.floats, dense.floats);
    const int64_t row = int64_t{shape.out_width()} * shape.out_channels;
    const int64_t row_stride = row + 16;
    std::vector<Bf16> dy(row_stride * shape.out_height(), 0x7FC0);  // NaN between the rows
    for (int r = 0; r < shape.out_height(); ++r) {
      std::copy_n(dense.bf16.begin() + r * row, row, dy.begin() + r * row_stride);
    }
    std::vector<float> dw = RandomFloats(WeightCount(shape), random_);
    for (size_t i = 0; i < dw.size(); ++i) exact[i].Add(dw[i]);
    std::vector<Bf16> scratch(Bf16ScratchCount(shape) + 1, 0x7FC0);
    kernels_->weight_gradient(shape, x.bf16.data(), dy.data(), row_stride, scratch.data(),
                              dw.data());
    for (size_t i = 0; i < dw.size(); ++i) {
      ASSERT_NEAR(dw[i], exact[i].value, kTolerance * exact[i].magnitude) << Name(shape);
    }
    EXPECT_EQ(scratch.back(), 0x7FC0) << "wrote behind the scratch memory";
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, Bf16ConvTest, testing::Values("portable", "avx512bf16"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace traind
