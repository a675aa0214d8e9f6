// What the fused step needs beside masks and pooling: gradients without ReLU, ReLU alone
// and sums of two planes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "server/kernels/elementwise.h"
#include "tests/kernels/elementwise_fixture.h"

namespace traind {
namespace {

template <class Path>
class ElementwiseSumTest : public ElementwiseTest<Path> {};
TYPED_TEST_SUITE(ElementwiseSumTest, ElementwisePaths);

TYPED_TEST(ElementwiseSumTest, GradientAffineMasksNothing) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> k1 = this->Channels(shape), k2 = this->Channels(shape),
                             k3 = this->Channels(shape);
    typename TestFixture::Bordered r = this->RandomPlane(shape);
    typename TestFixture::Bordered dz = this->RandomPlane(shape);
    typename TestFixture::Bordered dy(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels, 2);
    std::vector<float> sums(shape.channels, 2);
    this->kernels_->gradient_affine(shape, k1.data(), k2.data(), k3.data(), r.in(), dz.in(),
                                    dy.out(), sums.data());
    this->ForEach(shape, [&](int row, int column, int c) {
      this->ExpectStored(dy.At(shape, row, column, c),
                         double{k1[c]} * dz.At(shape, row, column, c) +
                             k2[c] * r.At(shape, row, column, c) + k3[c]);
      exact_sums[c] += dy.At(shape, row, column, c);
    });
    this->ExpectBorderUntouched(shape, dy);
    this->ExpectSums(exact_sums, sums);
  }
}

TYPED_TEST(ElementwiseSumTest, ReluCutsOffAndPassesBackWhatIsAboveZero) {
  for (const PlaneShape& shape : kShapes) {
    const typename TestFixture::Bordered before = this->RandomPlane(shape);
    const typename TestFixture::Bordered passed = this->RandomPlane(shape);
    typename TestFixture::Bordered x = before;
    typename TestFixture::Bordered gradient = passed;
    this->kernels_->relu(shape, x.out());
    this->kernels_->relu_backward(shape, x.in(), gradient.out());
    this->ForEach(shape, [&](int row, int column, int c) {
      const float value = before.At(shape, row, column, c);
      ASSERT_EQ(x.At(shape, row, column, c), std::max(value, 0.0F));
      ASSERT_EQ(gradient.At(shape, row, column, c),
                value > 0 ? passed.At(shape, row, column, c) : 0);
    });
  }
}

TYPED_TEST(ElementwiseSumTest, ReluKeepsWhatIsNotANumber) {
  const PlaneShape shape = kShapes[0];
  typename TestFixture::Bordered x(shape, std::nanf(""));
  this->kernels_->relu(shape, x.out());
  EXPECT_TRUE(std::isnan(x.At(shape, 3, 4, 5)));
  this->kernels_->sum_affine(shape, {nullptr, nullptr, x.in()}, {}, /*relu=*/true, x.out(), nullptr,
                             nullptr);
  EXPECT_TRUE(std::isnan(x.At(shape, 3, 4, 5)));
}

TYPED_TEST(ElementwiseSumTest, SumAffineAddsTwoTermsThenCutsOffThenSums) {
  for (const PlaneShape& shape : kShapes) {
    const std::vector<float> a1 = this->Channels(shape), b1 = this->Channels(shape),
                             a2 = this->Channels(shape), b2 = this->Channels(shape);
    typename TestFixture::Bordered r1 = this->RandomPlane(shape);
    typename TestFixture::Bordered r2 = this->RandomPlane(shape);
    typename TestFixture::Bordered y(shape, kUntouched);
    std::vector<double> exact_sums(shape.channels, 1), exact_squares(shape.channels);
    std::vector<float> sums(shape.channels, 1), squares(shape.channels);
    this->kernels_->sum_affine(shape, {a1.data(), b1.data(), r1.in()},
                               {a2.data(), b2.data(), r2.in()}, /*relu=*/true, y.out(), sums.data(),
                               squares.data());
    this->ForEach(shape, [&](int row, int column, int c) {
      const double exact = double{a1[c]} * r1.At(shape, row, column, c) + b1[c] +
                           double{a2[c]} * r2.At(shape, row, column, c) + b2[c];
      const double stored = y.At(shape, row, column, c);
      this->ExpectStored(y.At(shape, row, column, c), std::max(exact, 0.0));
      exact_sums[c] += stored;
      exact_squares[c] += stored * stored;
    });
    this->ExpectBorderUntouched(shape, y);
    this->ExpectSums(exact_sums, sums);
    this->ExpectSums(exact_squares, squares);
  }
}

TYPED_TEST(ElementwiseSumTest, SumAffineAddsAPlaneToAnotherWhereItLies) {
  const PlaneShape shape = kShapes[2];
  typename TestFixture::Bordered added = this->RandomPlane(shape);
  const typename TestFixture::Bordered before = this->RandomPlane(shape);
  typename TestFixture::Bordered y = before;
  this->kernels_->sum_affine(shape, {nullptr, nullptr, y.in()}, {nullptr, nullptr, added.in()},
                             /*relu=*/false, y.out(), nullptr, nullptr);
  this->ForEach(shape, [&](int row, int column, int c) {
    ASSERT_EQ(y.At(shape, row, column, c),
              before.At(shape, row, column, c) + added.At(shape, row, column, c));
  });
}

}  // namespace
}  // namespace traind
