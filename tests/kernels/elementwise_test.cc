#include "server/kernels/elementwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace traind {
namespace {

constexpr double kTolerance = 1e-5;
constexpr float kUntouched = -77;
const PlaneShape kShapes[] = {{9, 9, 16}, {1, 1, 64}, {5, 12, 48}, {24, 22, 32}};

// A plane with a border behind each row.
struct Bordered {
  Bordered(const PlaneShape& shape, float value)
      : row_stride(int64_t{shape.width} * shape.channels + 16),
        storage(row_stride * shape.height, value) {}

  float& At(const PlaneShape& shape, int row, int column, int channel) {
    return storage[row * row_stride + int64_t{column} * shape.channels + channel];
  }
  ConstPlane in() const { return {storage.data(), row_stride}; }
  Plane out() { return {storage.data(), row_stride}; }

  int64_t row_stride;
  std::vector<float> storage;
};

class ElementwiseTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    kernels_ = FindElementwiseKernels(GetParam());
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor has no " << GetParam();
  }

  float Random() { return static_cast<float>(static_cast<double>(random_()) / 2147483648.0 - 1); }

  std::vector<float> Channels(const PlaneShape& shape) {
    std::vector<float> numbers(shape.channels);
    for (float& number : numbers) number = Random();
    return numbers;
  }

  // Multiples of 1/8, so that some are equal and some 0.
  Bordered RandomPlane(const PlaneShape& shape) {
    Bordered plane(shape, std::nanf(""));
    ForEach(shape, [&](int row, int column, int c) {
      plane.At(shape, row, column, c) = std::round(Random() * 8) / 8;
    });
    return plane;
  }

  std::vector<uint8_t> RandomBits(const PlaneShape& shape) {
    std::vector<uint8_t> bits(int64_t{shape.height} * shape.width * shape.channels / 8);
    for (uint8_t& byte : bits) byte = static_cast<uint8_t>(random_());
    return bits;
  }

  static bool Bit(const std::vector<uint8_t>& bits, const PlaneShape& shape, int row, int column,
                  int c) {
    const int element = (row * shape.width + column) * shape.channels + c;
    return (bits[element / 8] >> (element % 8) & 1) != 0;
  }

  template <typename Visit>
  static void ForEach(const PlaneShape& shape, Visit visit) {
    for (int row = 0; row < shape.height; ++row) {
      for (int column = 0; column < shape.width; ++column) {
        for (int c = 0; c < shape.channels; ++c) visit(row, column, c);
      }
    }
  }

  static void ExpectBorderUntouched(const PlaneShape& shape, const Bordered& plane) {
    for (size_t i = 0; i < plane.storage.size(); ++i) {
      if (static_cast<int64_t>(i) % plane.row_stride < shape.width * shape.channels) continue;
      ASSERT_EQ(plane.storage[i], kUntouched);
    }
  }

  static void ExpectSums(const std::vector<double>& exact, const std::vector<float>& sums) {
    for (size_t c = 0; c < exact.size(); ++c) ASSERT_NEAR(sums[c], exact[c], 1e-3) << c;
  }

  const ElementwiseKernels* kernels_ = nullptr;
  std::mt19937 random_{11};
};

TEST_P(ElementwiseTest, AffineWritesIntoABorderedPlane) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = Channels(shape), b = Channels(shape);
    Bordered r = RandomPlane(shape);
    Bordered x(shape, kUntouched);
    kernels_->affine(shape, a.data(), b.data(), r.in(), x.out());
    ForEach(shape, [&](int row, int column, int c) {
      ASSERT_NEAR(x.At(shape, row, column, c), double{a[c]} * r.At(shape, row, column, c) + b[c],
                  kTolerance);
    });
    ExpectBorderUntouched(shape, x);
  }
}

TEST_P(ElementwiseTest, MaskedAffineIsZeroWhereReluWas) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> k1 = Channels(shape), k2 = Channels(shape), k3 = Channels(shape);
    Bordered r = RandomPlane(shape);
    Bordered dz = RandomPlane(shape);
    Bordered dy(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels, 2);
    std::vector<float> sums(shape.channels, 2);
    kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(), dy.out(),
                            sums.data());
    ForEach(shape, [&](int row, int column, int c) {
      const double value = r.At(shape, row, column, c);
      const double exact =
          value > 0 ? double{k1[c]} * dz.At(shape, row, column, c) + k2[c] * value + k3[c] : 0;
      exact_sums[c] += exact;
      ASSERT_NEAR(dy.At(shape, row, column, c), exact, kTolerance);
    });
    ExpectBorderUntouched(shape, dy);
    ExpectSums(exact_sums, sums);
  }
}

TEST_P(ElementwiseTest, MaskedAffineWorksInPlaceAndWithoutSums) {
  const PlaneShape shape = kShapes[2];
  const std::vector<float> k1 = Channels(shape), k2 = Channels(shape), k3 = Channels(shape);
  Bordered r = RandomPlane(shape);
  Bordered dz = RandomPlane(shape);
  Bordered apart(shape, kUntouched);
  kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(), apart.out(),
                          nullptr);
  kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(), dz.out(),
                          nullptr);
  ForEach(shape, [&](int row, int column, int c) {
    ASSERT_EQ(dz.At(shape, row, column, c), apart.At(shape, row, column, c));
  });
}

TEST_P(ElementwiseTest, MaskedAffineTakesNoGradientForZeros) {
  const PlaneShape shape = kShapes[0];
  const std::vector<float> k1 = Channels(shape), k2 = Channels(shape), k3 = Channels(shape);
  Bordered r = RandomPlane(shape);
  Bordered zeros(shape, 0);
  Bordered with(shape, kUntouched), without(shape, kUntouched);
  kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), zeros.in(), with.out(),
                          nullptr);
  kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), {}, without.out(),
                          nullptr);
  EXPECT_EQ(with.storage, without.storage);
}

TEST_P(ElementwiseTest, DropoutScalesWhatItKeepsThereAndBack) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = Channels(shape), b = Channels(shape);
    const std::vector<uint8_t> bits = RandomBits(shape);
    const DropoutMask mask = {bits.data(), 1.25F};
    Bordered r = RandomPlane(shape);
    Bordered dx = RandomPlane(shape);
    Bordered x(shape, kUntouched), dz(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels), exact_products(shape.channels);
    std::vector<float> sums(shape.channels), products(shape.channels);
    kernels_->dropout_affine(shape, a.data(), b.data(), r.in(), mask, x.out());
    kernels_->dropout_backward(shape, dx.in(), mask, r.in(), dz.out(), sums.data(),
                               products.data());
    ForEach(shape, [&](int row, int column, int c) {
      const double value = r.At(shape, row, column, c);
      const double keep = Bit(bits, shape, row, column, c) ? 1.25 : 0;
      ASSERT_NEAR(x.At(shape, row, column, c), (a[c] * value + b[c]) * keep, kTolerance);
      const double gradient = dx.At(shape, row, column, c) * keep;
      ASSERT_NEAR(dz.At(shape, row, column, c), gradient, kTolerance);
      exact_sums[c] += gradient;
      exact_products[c] += gradient * value;
    });
    ExpectBorderUntouched(shape, x);
    ExpectBorderUntouched(shape, dz);
    ExpectSums(exact_sums, sums);
    ExpectSums(exact_products, products);
  }
}

const PoolShape kPools[] = {{{22, 22, 16}, 2, 2}, {{7, 9, 32}, 2, 2}, {{6, 4, 48}, 2, 1},
                            {{9, 11, 16}, 3, 2},  {{8, 8, 16}, 3, 3}, {{16, 16, 16}, 16, 16}};

TEST_P(ElementwiseTest, MaxPoolTakesTheGreatestAffineValue) {
  for (const PoolShape& shape : kPools) {
    const PlaneShape in = shape.in;
    const PlaneShape out = {(in.height - shape.kernel) / shape.stride + 1,
                            (in.width - shape.kernel) / shape.stride + 1, in.channels};
    const std::vector<float> a = Channels(in), b = Channels(in);
    const std::vector<uint8_t> bits = RandomBits(out);
    Bordered r = RandomPlane(in);
    Bordered x(out, kUntouched);
    std::vector<uint8_t> positions(int64_t{out.height} * out.width * out.channels, 0xFF);
    kernels_->max_pool_affine(shape, a.data(), b.data(), r.in(), {bits.data(), 2}, x.out(),
                              positions.data());
    ForEach(out, [&](int row, int column, int c) {
      double best = -std::numeric_limits<double>::infinity();
      int best_position = 0;
      for (int i = 0; i < shape.kernel * shape.kernel; ++i) {
        const double z = double{a[c]} * r.At(in, row * shape.stride + i / shape.kernel,
                                             column * shape.stride + i % shape.kernel, c) +
                         b[c];
        if (z > best) best_position = i;
        best = std::max(best, z);
      }
      ASSERT_NEAR(x.At(out, row, column, c), Bit(bits, out, row, column, c) ? 2 * best : 0,
                  kTolerance);
      ASSERT_EQ(positions[(row * out.width + column) * out.channels + c], best_position);
    });
    ExpectBorderUntouched(out, x);
  }
}

TEST_P(ElementwiseTest, MaxPoolBackwardGivesEachMaximumItsGradient) {
  for (const PoolShape& shape : kPools) {
    const PlaneShape in = shape.in;
    const PlaneShape out = shape.out();
    const std::vector<uint8_t> bits = RandomBits(out);
    std::vector<uint8_t> positions(int64_t{out.height} * out.width * out.channels);
    for (uint8_t& position : positions) {
      position = static_cast<uint8_t>(random_() % (shape.kernel * shape.kernel));
    }
    Bordered r = RandomPlane(in);
    Bordered dx = RandomPlane(out);
    Bordered exact(in, 0);
    std::vector<double> exact_sums(in.channels), exact_products(in.channels);
    ForEach(out, [&](int row, int column, int c) {
      if (!Bit(bits, out, row, column, c)) return;
      const int position = positions[(row * out.width + column) * out.channels + c];
      const int in_row = row * shape.stride + position / shape.kernel;
      const int in_column = column * shape.stride + position % shape.kernel;
      const float gradient = 2 * dx.At(out, row, column, c);
      exact.At(in, in_row, in_column, c) += gradient;
      exact_sums[c] += gradient;
      exact_products[c] += gradient * r.At(in, in_row, in_column, c);
    });
    Bordered dz(in, kUntouched);
    std::vector<float> sums(in.channels), products(in.channels);
    kernels_->max_pool_backward(shape, dx.in(), {bits.data(), 2}, positions.data(), r.in(),
                                dz.out(), sums.data(), products.data());
    ForEach(in, [&](int row, int column, int c) {
      ASSERT_NEAR(dz.At(in, row, column, c), exact.At(in, row, column, c), kTolerance);
    });
    ExpectBorderUntouched(in, dz);
    ExpectSums(exact_sums, sums);
    ExpectSums(exact_products, products);
  }
}

TEST_P(ElementwiseTest, GlobalAverageAndItsGradient) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = Channels(shape), b = Channels(shape), dy = Channels(shape);
    Bordered r = RandomPlane(shape);
    std::vector<float> y(shape.channels), sums(shape.channels), products(shape.channels);
    std::vector<double> means(shape.channels);
    const double pixels = shape.height * shape.width;
    ForEach(shape,
            [&](int row, int column, int c) { means[c] += r.At(shape, row, column, c) / pixels; });
    Bordered dz(shape, kUntouched);
    kernels_->global_average(shape, a.data(), b.data(), r.in(), y.data());
    kernels_->global_average_backward(shape, dy.data(), r.in(), dz.out(), sums.data(),
                                      products.data());
    for (int c = 0; c < shape.channels; ++c) {
      ASSERT_NEAR(y[c], a[c] * means[c] + b[c], kTolerance);
      ASSERT_NEAR(sums[c], dy[c], kTolerance);
      ASSERT_NEAR(products[c], dy[c] * means[c], kTolerance);
    }
    ForEach(shape, [&](int row, int column, int c) {
      ASSERT_NEAR(dz.At(shape, row, column, c), dy[c] / pixels, kTolerance);
    });
    ExpectBorderUntouched(shape, dz);
  }
}

// As PyTorch's documentation of torch.optim.SGD states the algorithm, three steps of it.
TEST_P(ElementwiseTest, SgdFollowsPyTorchsFormula) {
  for (const bool nesterov : {false, true}) {
    const int64_t count = 37;
    const SgdSettings settings = {0.1F, 0.9F, 0.01F, nesterov};
    std::vector<float> weights(count), buffer(count, 0), gradients(count);
    for (float& weight : weights) weight = Random();
    std::vector<double> exact(weights.begin(), weights.end()), exact_buffer(count);
    for (int step = 0; step < 3; ++step) {
      for (float& gradient : gradients) gradient = Random();
      kernels_->sgd_update(settings, count, gradients.data(), weights.data(), buffer.data());
      for (int64_t i = 0; i < count; ++i) {
        const double g = gradients[i] + 0.01 * exact[i];
        exact_buffer[i] = step == 0 ? g : 0.9 * exact_buffer[i] + g;
        exact[i] -= 0.1 * (nesterov ? g + 0.9 * exact_buffer[i] : exact_buffer[i]);
        ASSERT_NEAR(weights[i], exact[i], kTolerance);
        ASSERT_NEAR(buffer[i], exact_buffer[i], kTolerance);
      }
    }
  }
}

TEST_P(ElementwiseTest, SgdWithoutMomentumNeedsNoBuffer) {
  std::vector<float> weights(19, 1.0F);
  const std::vector<float> gradients(19, 0.5F);
  kernels_->sgd_update({0.5F, 0, 0.25F, false}, 19, gradients.data(), weights.data(), nullptr);
  EXPECT_THAT(weights, testing::Each(1 - 0.5F * 0.75F));
}

INSTANTIATE_TEST_SUITE_P(Paths, ElementwiseTest, testing::Values("portable", "avx2", "avx512"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace traind
