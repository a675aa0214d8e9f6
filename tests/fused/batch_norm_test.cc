// Against the definition, with numbers small enough to do by hand or in doubles.
#include "server/fused/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace traind {
namespace {

constexpr double kEpsilon = 1e-3;
const std::vector<double> kValues = {1, 4, 4, 7};  // mean 4, variance 4.5

BatchStatistics Statistics() { return StatisticsOf(16, 82, 4, kEpsilon); }

TEST(BatchNorm, StatisticsComeFromTheSums) {
  EXPECT_DOUBLE_EQ(Statistics().mean, 4);
  EXPECT_DOUBLE_EQ(Statistics().variance, 4.5);
  EXPECT_DOUBLE_EQ(Statistics().unbiased_variance, 6);
  EXPECT_DOUBLE_EQ(Statistics().inverse_deviation, 1 / std::sqrt(4.5 + kEpsilon));
}

TEST(BatchNorm, VarianceThatRoundingMadeNegativeIsZero) {
  EXPECT_EQ(StatisticsOf(3, 2.9999, 3, kEpsilon).variance, 0);
  EXPECT_TRUE(std::isnan(StatisticsOf(NAN, 1, 3, kEpsilon).variance));
}

TEST(BatchNorm, AffineIsTheNormalisation) {
  const Affine affine = AffineOf(Statistics(), -2, 0.5);
  EXPECT_NEAR(affine.factor * 7 + affine.offset, -2 * (7 - 4) / std::sqrt(4.5 + kEpsilon) + 0.5,
              1e-6);
}

// The loss sum of w_i * z_i, whose gradient by z is w.
double Loss(const std::vector<double>& values, const std::vector<double>& weights, double scale) {
  double sum = 0;
  double square_sum = 0;
  for (const double value : values) {
    sum += value;
    square_sum += value * value;
  }
  const double count = static_cast<double>(values.size());
  const BatchStatistics statistics = StatisticsOf(sum, square_sum, count, kEpsilon);
  double loss = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    loss += weights[i] * scale * (values[i] - statistics.mean) * statistics.inverse_deviation;
  }
  return loss;
}

TEST(BatchNorm, GradientIsTheSlopeOfTheLoss) {
  const std::vector<double> weights = {0.3, -1, 2, 0.7};
  const double scale = -1.5;
  double sum = 0;
  double product_sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    product_sum += weights[i] * kValues[i];
  }
  const BatchNormGradient gradient = GradientOf(Statistics(), scale, sum, product_sum, 4);
  constexpr double kStep = 1e-5;
  for (size_t i = 0; i < weights.size(); ++i) {
    std::vector<double> up = kValues;
    std::vector<double> down = kValues;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope = (Loss(up, weights, scale) - Loss(down, weights, scale)) / (2 * kStep);
    EXPECT_NEAR(
        gradient.of_gradient * weights[i] + gradient.of_value * kValues[i] + gradient.constant,
        slope, 1e-6);
  }
  EXPECT_NEAR(
      gradient.scale,
      (Loss(kValues, weights, scale + kStep) - Loss(kValues, weights, scale - kStep)) / (2 * kStep),
      1e-9);
  EXPECT_DOUBLE_EQ(gradient.shift, sum);
}

}  // namespace
}  // namespace traind
