#include "server/kernels/conv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/reference_conv.h"

namespace traind {
namespace {

// Of the sum of the absolute products: 2^-24 for each of some hundred roundings, which seldom add
// up.
constexpr double kTolerance = 1e-5;
constexpr float kUntouched = -77;

void ExpectNear(const Exact& exact, float actual, const std::string& what) {
  ASSERT_NEAR(actual, exact.value, kTolerance * exact.magnitude + 1e-30) << what;
}

class ConvTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    kernels_ = FindConvKernels(GetParam());
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor has no " << GetParam();
  }

  const ConvKernels* kernels_ = nullptr;
  std::mt19937 random_{7};
};

TEST_P(ConvTest, ForwardSumsTheProducts) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const std::vector<float> x = RandomFloats(InCount(shape), random_);
    const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
    const std::vector<Exact> exact = ReferenceForward(shape, x, weights);
    std::vector<float> y(exact.size(), kUntouched);
    kernels_->forward(shape, x.data(), weights.data(), {}, y.data(),
                      int64_t{shape.out_width()} * shape.out_channels);
    for (size_t i = 0; i < y.size(); ++i) ExpectNear(exact[i], y[i], Name(shape));
  }
}

TEST_P(ConvTest, EpilogueAddsBiasThenClipsThenSums) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const std::vector<float> x = RandomFloats(InCount(shape), random_);
    const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
    const std::vector<float> bias = RandomFloats(shape.out_channels, random_);
    const std::vector<float> companion = RandomFloats(OutCount(shape), random_);
    std::vector<Exact> exact = ReferenceForward(shape, x, weights);
    std::vector<Exact> sum(shape.out_channels, {0.5, 0.5});
    std::vector<Exact> product_sum(shape.out_channels, {0.25, 0.25});
    std::vector<Exact> square_sum(shape.out_channels);
    for (size_t i = 0; i < exact.size(); ++i) {
      const size_t channel = i % shape.out_channels;
      exact[i].Add(bias[channel]);
      exact[i].value = std::max(exact[i].value, 0.0);
      // An error of an element is an error of the sums.
      sum[channel].Add(exact[i].value);
      product_sum[channel].Add(exact[i].value * companion[i]);
      square_sum[channel].Add(exact[i].value * exact[i].value);
    }
    for (size_t i = 0; i < exact.size(); ++i) {
      sum[i % shape.out_channels].magnitude += exact[i].magnitude;
      product_sum[i % shape.out_channels].magnitude += exact[i].magnitude;
      square_sum[i % shape.out_channels].magnitude += 2 * exact[i].value * exact[i].magnitude;
    }

    std::vector<float> y(exact.size());
    std::vector<float> y_sum(shape.out_channels, 0.5F);
    std::vector<float> y_product_sum(shape.out_channels, 0.25F);
    std::vector<float> y_square_sum(shape.out_channels);
    const int64_t row_stride = int64_t{shape.out_width()} * shape.out_channels;
    ConvEpilogue epilogue{bias.data(), true, companion.data(), y_sum.data(), y_product_sum.data()};
    kernels_->forward(shape, x.data(), weights.data(), epilogue, y.data(), row_stride);
    for (size_t i = 0; i < y.size(); ++i) ExpectNear(exact[i], y[i], Name(shape));
    epilogue = {bias.data(), true, nullptr, nullptr, y_square_sum.data()};
    kernels_->forward(shape, x.data(), weights.data(), epilogue, y.data(), row_stride);
    for (int c = 0; c < shape.out_channels; ++c) {
      ExpectNear(sum[c], y_sum[c], Name(shape));
      ExpectNear(product_sum[c], y_product_sum[c], Name(shape));
      ExpectNear(square_sum[c], y_square_sum[c], Name(shape));
    }
  }
}

TEST_P(ConvTest, ReluKeepsWhatIsNotANumber) {
  const ConvShape shape = {3, 3, 1, 32, 3, 3};
  const std::vector<float> x(9, std::nanf(""));
  const std::vector<float> weights(9 * 32, 1.0F);
  ConvEpilogue epilogue;
  epilogue.relu = true;
  std::vector<float> y(32);
  kernels_->forward(shape, x.data(), weights.data(), epilogue, y.data(), 32);
  EXPECT_THAT(y, testing::Each(testing::IsNan()));
}

TEST_P(ConvTest, ForwardLeavesTheBorderOfItsOutputAlone) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const std::vector<float> x = RandomFloats(InCount(shape), random_);
    const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
    const int64_t row = int64_t{shape.out_width()} * shape.out_channels;
    const int64_t row_stride = row + 32;
    std::vector<float> dense(OutCount(shape));
    std::vector<float> bordered(row_stride * shape.out_height(), kUntouched);
    kernels_->forward(shape, x.data(), weights.data(), {}, dense.data(), row);
    kernels_->forward(shape, x.data(), weights.data(), {}, bordered.data(), row_stride);
    for (int64_t i = 0; i < static_cast<int64_t>(bordered.size()); ++i) {
      const int64_t column = i % row_stride;
      ASSERT_EQ(bordered[i], column < row ? dense[i / row_stride * row + column] : kUntouched)
          << Name(shape);
    }
  }
}

TEST_P(ConvTest, NamedZeroRowsChangeNothing) {
  for (ConvShape shape : ConvTestShapes()) {
    const int zero_rows = shape.kernel_height - 1;
    if (zero_rows == 0 || shape.in_height <= 2 * zero_rows) continue;
    std::vector<float> x = RandomFloats(InCount(shape), random_);
    const int64_t border = int64_t{zero_rows} * shape.in_width * shape.in_channels;
    std::fill(x.begin(), x.begin() + border, 0.0F);
    std::fill(x.end() - border, x.end(), 0.0F);
    const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
    const int64_t row_stride = int64_t{shape.out_width()} * shape.out_channels;
    std::vector<float> all(OutCount(shape), kUntouched);
    std::vector<float> skipped(OutCount(shape), kUntouched);
    kernels_->forward(shape, x.data(), weights.data(), {}, all.data(), row_stride);
    shape.zero_rows = zero_rows;
    kernels_->forward(shape, x.data(), weights.data(), {}, skipped.data(), row_stride);
    EXPECT_EQ(skipped, all) << Name(shape);
  }
}

TEST_P(ConvTest, NamedRowsOfZerosBetweenChangeNothing) {
  for (ConvShape shape : ConvTestShapes()) {
    for (const int zero_rows : {0, 1}) {
      if (shape.in_height <= 2 * zero_rows) continue;
      std::vector<float> x = RandomFloats(InCount(shape), random_);
      const int64_t row_size = int64_t{shape.in_width} * shape.in_channels;
      for (int row = 0; row < shape.in_height; ++row) {
        const bool outside = row < zero_rows || row >= shape.in_height - zero_rows;
        if (!outside && (row - zero_rows) % 3 == 0) continue;
        std::fill_n(x.begin() + row * row_size, row_size, 0.0F);
      }
      const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
      const int64_t row_stride = int64_t{shape.out_width()} * shape.out_channels;
      std::vector<float> all(OutCount(shape), kUntouched);
      std::vector<float> skipped(OutCount(shape), kUntouched);
      shape.zero_rows = 0;
      shape.row_step = 1;
      kernels_->forward(shape, x.data(), weights.data(), {}, all.data(), row_stride);
      shape.zero_rows = zero_rows;
      shape.row_step = 3;
      kernels_->forward(shape, x.data(), weights.data(), {}, skipped.data(), row_stride);
      EXPECT_EQ(skipped, all) << Name(shape);
    }
  }
}

TEST_P(ConvTest, WeightGradientAddsToWhatIsThere) {
  for (const ConvShape& shape : ConvTestShapes()) {
    const std::vector<float> x = RandomFloats(InCount(shape), random_);
    const std::vector<float> dense = RandomFloats(OutCount(shape), random_);
    std::vector<Exact> exact = ReferenceWeightGradient(shape, x, dense);
    const int64_t row = int64_t{shape.out_width()} * shape.out_channels;
    const int64_t row_stride = row + 16;
    std::vector<float> dy(row_stride * shape.out_height(), std::nanf(""));
    for (int r = 0; r < shape.out_height(); ++r) {
      std::copy_n(dense.begin() + r * row, row, dy.begin() + r * row_stride);
    }
    std::vector<float> dw = RandomFloats(WeightCount(shape), random_);
    for (size_t i = 0; i < dw.size(); ++i) exact[i].Add(dw[i]);
    kernels_->weight_gradient(shape, x.data(), dy.data(), row_stride, dw.data());
    for (size_t i = 0; i < dw.size(); ++i) ExpectNear(exact[i], dw[i], Name(shape));
  }
}

// As conv.h says: forward over dy with a border, by flipped weights.
TEST_P(ConvTest, InputGradientIsForwardByFlippedWeights) {
  const ConvShape shape = {8, 10, 16, 32, 3, 3};
  const std::vector<float> weights = RandomFloats(WeightCount(shape), random_);
  const std::vector<float> dy = RandomFloats(OutCount(shape), random_);
  const ConvShape back = {shape.in_height + 2, shape.in_width + 2, 32, 16, 3, 3, 2};
  std::vector<float> bordered(InCount(back));
  for (int row = 0; row < shape.out_height(); ++row) {
    for (int i = 0; i < shape.out_width() * 32; ++i) {
      bordered[((row + 2) * back.in_width + 2) * 32 + i] = dy[row * shape.out_width() * 32 + i];
    }
  }
  std::vector<float> flipped(weights.size());
  std::vector<Exact> exact(InCount(shape));
  for (int kh = 0; kh < 3; ++kh) {
    for (int kw = 0; kw < 3; ++kw) {
      for (int ic = 0; ic < 16; ++ic) {
        for (int oc = 0; oc < 32; ++oc) {
          const float weight = weights[((kh * 3 + kw) * 16 + ic) * 32 + oc];
          flipped[(((2 - kh) * 3 + 2 - kw) * 32 + oc) * 16 + ic] = weight;
          for (int pixel = 0; pixel < shape.out_height() * shape.out_width(); ++pixel) {
            const int row = pixel / shape.out_width() + kh;
            const int column = pixel % shape.out_width() + kw;
            exact[(row * shape.in_width + column) * 16 + ic].Add(double{weight} *
                                                                 dy[pixel * 32 + oc]);
          }
        }
      }
    }
  }
  std::vector<float> dx(exact.size());
  kernels_->forward(back, bordered.data(), flipped.data(), {}, dx.data(), shape.in_width * 16);
  for (size_t i = 0; i < dx.size(); ++i) ExpectNear(exact[i], dx[i], Name(shape));
}

INSTANTIATE_TEST_SUITE_P(Paths, ConvTest, testing::Values("portable", "avx2", "avx512"),
                         [](const auto& info) { return std::string(info.param); });

TEST(ConvPathsTest, UnknownPathIsNull) {
  EXPECT_EQ(FindConvKernels("neon"), nullptr);
  EXPECT_EQ(FindConvKernels(""), nullptr);
}

TEST(ConvPathsTest, EachPathHasItsName) {
  EXPECT_STREQ(FindConvKernels("portable")->name, "portable");
  EXPECT_EQ(FindConvKernels(BestConvKernels().name), &BestConvKernels());
}

}  // namespace
}  // namespace traind
