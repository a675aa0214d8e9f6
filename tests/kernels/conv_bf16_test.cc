#include "server/kernels/conv_bf16.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/kernels/emulated_amx_conv.h"
#include "tests/kernels/reference_conv.h"

namespace traind {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsNan;
using testing::Not;

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

constexpr Bf16 kNan = 0x7FC0;

// `numbers` with numbers that are none before and behind them.
class Surrounded {
 public:
  explicit Surrounded(const std::vector<Bf16>& numbers) : memory_(numbers.size() + 128, kNan) {
    std::copy(numbers.begin(), numbers.end(), memory_.begin() + 64);
  }
  const Bf16* data() const { return memory_.data() + 64; }

 private:
  std::vector<Bf16> memory_;
};

const Bf16ConvKernels* FindKernels(const std::string& name) {
  if (name != kEmulatedAmxConv.name) return FindBf16ConvKernels(name);
  return FindBf16ConvKernels("avx512bf16") == nullptr ? nullptr : &kEmulatedAmxConv;
}

class Bf16ConvTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    kernels_ = FindKernels(GetParam());
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

TEST_P(Bf16ConvTest, ForwardLeavesTheBorderOfItsOutputAlone) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const Rounded x(RandomFloats(InCount(shape), random_));
    const std::vector<Bf16> weights =
        Packed(shape, Rounded(RandomFloats(WeightCount(shape), random_)));
    const int64_t row = int64_t{shape.out_width()} * shape.out_channels;
    const int64_t row_stride = row + 32;
    std::vector<Bf16> dense(OutCount(shape));
    std::vector<Bf16> bordered(row_stride * shape.out_height(), kNan);
    kernels_->forward(shape, x.bf16.data(), weights.data(), {}, dense.data(), row);
    kernels_->forward(shape, x.bf16.data(), weights.data(), {}, bordered.data(), row_stride);
    for (int64_t i = 0; i < static_cast<int64_t>(bordered.size()); ++i) {
      const int64_t column = i % row_stride;
      ASSERT_EQ(bordered[i], column < row ? dense[i / row_stride * row + column] : kNan)
          << Name(shape);
    }
  }
}

TEST_P(Bf16ConvTest, NamedZeroRowsChangeNothing) {
  for (ConvShape shape : ConvTestShapes()) {
    const int zero_rows = shape.kernel_height - 1;
    if (zero_rows == 0 || shape.in_height <= 2 * zero_rows) continue;
    Rounded x(RandomFloats(InCount(shape), random_));
    const int64_t border = int64_t{zero_rows} * shape.in_width * shape.in_channels;
    std::fill(x.bf16.begin(), x.bf16.begin() + border, Bf16{0});
    std::fill(x.bf16.end() - 1 - border, x.bf16.end(), Bf16{0});
    const std::vector<Bf16> weights =
        Packed(shape, Rounded(RandomFloats(WeightCount(shape), random_)));
    const int64_t row_stride = int64_t{shape.out_width()} * shape.out_channels;
    std::vector<float> all(OutCount(shape));
    std::vector<float> skipped(OutCount(shape));
    kernels_->forward_to_float(shape, x.bf16.data(), weights.data(), {}, all.data(), row_stride);
    shape.zero_rows = zero_rows;
    kernels_->forward_to_float(shape, x.bf16.data(), weights.data(), {}, skipped.data(),
                               row_stride);
    EXPECT_EQ(skipped, all) << Name(shape);
  }
}

TEST_P(Bf16ConvTest, ReadsNothingBeforeOrBehindItsArguments) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const Surrounded x(Rounded(RandomFloats(InCount(shape), random_)).bf16);
    const Surrounded weights(Packed(shape, Rounded(RandomFloats(WeightCount(shape), random_))));
    const Surrounded dy(Rounded(RandomFloats(OutCount(shape), random_)).bf16);
    const int64_t row_stride = int64_t{shape.out_width()} * shape.out_channels;
    std::vector<float> y(OutCount(shape));
    kernels_->forward_to_float(shape, x.data(), weights.data(), {}, y.data(), row_stride);
    EXPECT_THAT(y, Each(Not(IsNan()))) << Name(shape);
    std::vector<float> dw(WeightCount(shape));
    std::vector<Bf16> scratch(Bf16ScratchCount(shape), kNan);
    kernels_->weight_gradient(shape, x.data(), dy.data(), row_stride, scratch.data(), dw.data());
    EXPECT_THAT(dw, Each(Not(IsNan()))) << Name(shape);
  }
}

TEST_P(Bf16ConvTest, ThreadsComputeDifferentShapesAtOnce) {
  struct Job {
    ConvShape shape;
    std::vector<Bf16> x;
    std::vector<Bf16> weights;
    std::vector<float> alone;
    std::vector<float> beside;
  };
  std::vector<Job> jobs;
  for (const ConvShape& shape : ConvTestShapes()) {
    Job& job = jobs.emplace_back();
    job.shape = shape;
    job.x = Rounded(RandomFloats(InCount(shape), random_)).bf16;
    job.weights = Packed(shape, Rounded(RandomFloats(WeightCount(shape), random_)));
    job.alone.resize(OutCount(shape));
    job.beside.resize(OutCount(shape));
  }
  const auto run = [this](const Job& job, std::vector<float>& y) {
    kernels_->forward_to_float(job.shape, job.x.data(), job.weights.data(), {}, y.data(),
                               int64_t{job.shape.out_width()} * job.shape.out_channels);
  };
  std::vector<std::thread> threads;
  threads.reserve(jobs.size());
  for (Job& job : jobs) threads.emplace_back([&] { run(job, job.beside); });
  for (std::thread& thread : threads) thread.join();
  for (Job& job : jobs) {
    run(job, job.alone);
    EXPECT_EQ(job.beside, job.alone) << Name(job.shape);
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, Bf16ConvTest,
                         testing::Values("portable", "avx512bf16", "amxbf16", "emulated_amx"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace traind
