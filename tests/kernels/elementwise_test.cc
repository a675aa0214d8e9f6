#include "server/kernels/elementwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/elementwise_fixture.h"

namespace traind {
namespace {

TYPED_TEST_SUITE(ElementwiseTest, ElementwisePaths);

TYPED_TEST(ElementwiseTest, AffineWritesIntoABorderedPlane) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = this->Channels(shape), b = this->Channels(shape);
    typename TestFixture::Bordered r = this->RandomPlane(shape);
    typename TestFixture::Bordered x(shape, kUntouched);
    this->kernels_->affine(shape, a.data(), b.data(), r.in(), x.out());
    this->ForEach(shape, [&](int row, int column, int c) {
      this->ExpectStored(x.At(shape, row, column, c),
                         double{a[c]} * r.At(shape, row, column, c) + b[c]);
    });
    this->ExpectBorderUntouched(shape, x);
  }
}

TYPED_TEST(ElementwiseTest, MaskedAffineIsZeroWhereReluWas) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> k1 = this->Channels(shape), k2 = this->Channels(shape),
                             k3 = this->Channels(shape);
    typename TestFixture::Bordered r = this->RandomPlane(shape);
    typename TestFixture::Bordered dz = this->RandomPlane(shape);
    typename TestFixture::Bordered dy(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels, 2);
    std::vector<float> sums(shape.channels, 2);
    this->kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(), dy.out(),
                                  sums.data());
    this->ForEach(shape, [&](int row, int column, int c) {
      const double value = r.At(shape, row, column, c);
      const double exact =
          value > 0 ? double{k1[c]} * dz.At(shape, row, column, c) + k2[c] * value + k3[c] : 0;
      this->ExpectStored(dy.At(shape, row, column, c), exact);
      exact_sums[c] += dy.At(shape, row, column, c);
    });
    this->ExpectBorderUntouched(shape, dy);
    this->ExpectSums(exact_sums, sums);
  }
}

TYPED_TEST(ElementwiseTest, MaskedAffineWorksInPlaceAndWithoutSums) {
  const PlaneShape shape = kShapes[2];
  const std::vector<float> k1 = this->Channels(shape), k2 = this->Channels(shape),
                           k3 = this->Channels(shape);
  typename TestFixture::Bordered r = this->RandomPlane(shape);
  typename TestFixture::Bordered dz = this->RandomPlane(shape);
  typename TestFixture::Bordered apart(shape, kUntouched);
  this->kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(),
                                apart.out(), nullptr);
  this->kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(), dz.out(),
                                nullptr);
  this->ForEach(shape, [&](int row, int column, int c) {
    ASSERT_EQ(dz.At(shape, row, column, c), apart.At(shape, row, column, c));
  });
}

TYPED_TEST(ElementwiseTest, MaskedAffineTakesNoGradientForZeros) {
  const PlaneShape shape = kShapes[0];
  const std::vector<float> k1 = this->Channels(shape), k2 = this->Channels(shape),
                           k3 = this->Channels(shape);
  typename TestFixture::Bordered r = this->RandomPlane(shape);
  typename TestFixture::Bordered zeros(shape, 0);
  typename TestFixture::Bordered with(shape, kUntouched), without(shape, kUntouched);
  this->kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), zeros.in(),
                                with.out(), nullptr);
  this->kernels_->masked_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), {}, without.out(),
                                nullptr);
  EXPECT_EQ(with.storage, without.storage);
}

TYPED_TEST(ElementwiseTest, DropoutScalesWhatItKeepsThereAndBack) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = this->Channels(shape), b = this->Channels(shape);
    const std::vector<uint8_t> bits = this->RandomBits(shape);
    const DropoutMask mask = {bits.data(), 1.25F};
    typename TestFixture::Bordered r = this->RandomPlane(shape);
    typename TestFixture::Bordered dx = this->RandomPlane(shape);
    typename TestFixture::Bordered x(shape, kUntouched), dz(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels), exact_products(shape.channels);
    std::vector<float> sums(shape.channels), products(shape.channels);
    this->kernels_->dropout_affine(shape, a.data(), b.data(), r.in(), mask, x.out());
    this->kernels_->dropout_backward(shape, dx.in(), mask, r.in(), dz.out(), sums.data(),
                                     products.data());
    this->ForEach(shape, [&](int row, int column, int c) {
      const double value = r.At(shape, row, column, c);
      const double keep = this->Bit(bits, shape, row, column, c) ? 1.25 : 0;
      this->ExpectStored(x.At(shape, row, column, c), (a[c] * value + b[c]) * keep);
      const double gradient = dx.At(shape, row, column, c) * keep;
      this->ExpectStored(dz.At(shape, row, column, c), gradient);
      exact_sums[c] += gradient;
      exact_products[c] += gradient * value;
    });
    this->ExpectBorderUntouched(shape, x);
    this->ExpectBorderUntouched(shape, dz);
    this->ExpectSums(exact_sums, sums);
    this->ExpectSums(exact_products, products);
  }
}

const PoolShape kPools[] = {{{22, 22, 16}, 2, 2}, {{7, 9, 32}, 2, 2}, {{6, 4, 48}, 2, 1},
                            {{9, 11, 16}, 3, 2},  {{8, 8, 16}, 3, 3}, {{16, 16, 16}, 16, 16}};

TYPED_TEST(ElementwiseTest, MaxPoolTakesTheGreatestAffineValue) {
  for (const PoolShape& shape : kPools) {
    const PlaneShape in = shape.in;
    const PlaneShape out = {(in.height - shape.kernel) / shape.stride + 1,
                            (in.width - shape.kernel) / shape.stride + 1, in.channels};
    const std::vector<float> a = this->Channels(in), b = this->Channels(in);
    const std::vector<uint8_t> bits = this->RandomBits(out);
    typename TestFixture::Bordered r = this->RandomPlane(in);
    typename TestFixture::Bordered x(out, kUntouched);
    std::vector<uint8_t> positions(int64_t{out.height} * out.width * out.channels, 0xFF);
    this->kernels_->max_pool_affine(shape, a.data(), b.data(), r.in(), {bits.data(), 2}, x.out(),
                                    positions.data());
    this->ForEach(out, [&](int row, int column, int c) {
      double best = -std::numeric_limits<double>::infinity();
      int best_position = 0;
      for (int i = 0; i < shape.kernel * shape.kernel; ++i) {
        const double z = double{a[c]} * r.At(in, row * shape.stride + i / shape.kernel,
                                             column * shape.stride + i % shape.kernel, c) +
                         b[c];
        if (z > best) best_position = i;
        best = std::max(best, z);
      }
      this->ExpectStored(x.At(out, row, column, c),
                         this->Bit(bits, out, row, column, c) ? 2 * best : 0);
      ASSERT_EQ(positions[(row * out.width + column) * out.channels + c], best_position);
    });
    this->ExpectBorderUntouched(out, x);
  }
}

TYPED_TEST(ElementwiseTest, MaxPoolBackwardGivesEachMaximumItsGradient) {
  for (const PoolShape& shape : kPools) {
    const PlaneShape in = shape.in;
    const PlaneShape out = shape.out();
    const std::vector<uint8_t> bits = this->RandomBits(out);
    std::vector<uint8_t> positions(int64_t{out.height} * out.width * out.channels);
    for (uint8_t& position : positions) {
      position = static_cast<uint8_t>(this->random_() % (shape.kernel * shape.kernel));
    }
    typename TestFixture::Bordered r = this->RandomPlane(in);
    typename TestFixture::Bordered dx = this->RandomPlane(out);
    typename TestFixture::Bordered exact(in, 0);
    std::vector<double> exact_sums(in.channels), exact_products(in.channels);
    this->ForEach(out, [&](int row, int column, int c) {
      if (!this->Bit(bits, out, row, column, c)) return;
      const int position = positions[(row * out.width + column) * out.channels + c];
      const int in_row = row * shape.stride + position / shape.kernel;
      const int in_column = column * shape.stride + position % shape.kernel;
      const float gradient = 2 * dx.At(out, row, column, c);
      exact.Set(in, in_row, in_column, c, exact.At(in, in_row, in_column, c) + gradient);
      exact_sums[c] += gradient;
      exact_products[c] += gradient * r.At(in, in_row, in_column, c);
    });
    typename TestFixture::Bordered dz(in, kUntouched);
    std::vector<float> sums(in.channels), products(in.channels);
    this->kernels_->max_pool_backward(shape, dx.in(), {bits.data(), 2}, positions.data(), r.in(),
                                      dz.out(), sums.data(), products.data());
    this->ForEach(in, [&](int row, int column, int c) {
      this->ExpectStored(dz.At(in, row, column, c), exact.At(in, row, column, c));
    });
    this->ExpectBorderUntouched(in, dz);
    this->ExpectSums(exact_sums, sums);
    this->ExpectSums(exact_products, products);
  }
}

TYPED_TEST(ElementwiseTest, GlobalAverageAndItsGradient) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a = this->Channels(shape), b = this->Channels(shape),
                             dy = this->Channels(shape);
    typename TestFixture::Bordered r = this->RandomPlane(shape);
    std::vector<float> y(shape.channels), sums(shape.channels), products(shape.channels);
    std::vector<double> means(shape.channels), exact_sums(shape.channels),
        exact_products(shape.channels);
    const double pixels = shape.height * shape.width;
    this->ForEach(shape, [&](int row, int column, int c) {
      means[c] += r.At(shape, row, column, c) / pixels;
    });
    typename TestFixture::Bordered dz(shape, kUntouched);
    this->kernels_->global_average(shape, a.data(), b.data(), r.in(), y.data());
    this->kernels_->global_average_backward(shape, dy.data(), r.in(), dz.out(), sums.data(),
                                            products.data());
    for (int c = 0; c < shape.channels; ++c) {
      ASSERT_NEAR(y[c], a[c] * means[c] + b[c], kTolerance);
    }
    this->ForEach(shape, [&](int row, int column, int c) {
      this->ExpectStored(dz.At(shape, row, column, c), dy[c] / pixels);
      exact_sums[c] += dz.At(shape, row, column, c);
      exact_products[c] += double{dz.At(shape, row, column, c)} * r.At(shape, row, column, c);
    });
    this->ExpectBorderUntouched(shape, dz);
    this->ExpectSums(exact_sums, sums);
    this->ExpectSums(exact_products, products);
  }
}

// As PyTorch's documentation of torch.optim.SGD states the algorithm, three steps of it.
TYPED_TEST(ElementwiseTest, SgdFollowsPyTorchsFormula) {
  for (const bool nesterov : {false, true}) {
    const int64_t count = 37;
    const SgdSettings settings = {0.1F, 0.9F, 0.01F, nesterov};
    std::vector<float> weights(count), buffer(count, 0), gradients(count);
    for (float& weight : weights) weight = this->Random();
    std::vector<double> exact(weights.begin(), weights.end()), exact_buffer(count);
    for (int step = 0; step < 3; ++step) {
      for (float& gradient : gradients) gradient = this->Random();
      this->kernels_->sgd_update(settings, count, gradients.data(), weights.data(), buffer.data());
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

TYPED_TEST(ElementwiseTest, SgdWithoutMomentumNeedsNoBuffer) {
  std::vector<float> weights(19, 1.0F);
  const std::vector<float> gradients(19, 0.5F);
  this->kernels_->sgd_update({0.5F, 0, 0.25F, false}, 19, gradients.data(), weights.data(),
                             nullptr);
  EXPECT_THAT(weights, testing::Each(1 - 0.5F * 0.75F));
}

}  // namespace
}  // namespace traind
