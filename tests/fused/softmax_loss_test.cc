#include "server/fused/softmax_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace traind {
namespace {

TEST(SoftmaxLoss, IsMinusTheLogarithmOfTheLabelsShare) {
  const float logits[] = {1, 2, 4};
  float gradient[3];
  const SoftmaxLoss::RowResult result = SoftmaxLoss{3}.Row(logits, {1}, 1, gradient);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(4.0);
  EXPECT_NEAR(result.loss, -std::log(std::exp(2.0) / sum), 1e-12);
  EXPECT_FALSE(result.correct);
  EXPECT_NEAR(gradient[0], std::exp(1.0) / sum, 1e-7);
  EXPECT_NEAR(gradient[1], std::exp(2.0) / sum - 1, 1e-7);
  EXPECT_NEAR(gradient[2], std::exp(4.0) / sum, 1e-7);
}

// The target has 1 - 0.3 at the label, and 0.3 / 3 more everywhere.
TEST(SoftmaxLoss, SpreadsTheSmoothedShareOverAllClasses) {
  const float logits[] = {1, 2, 4};
  float gradient[3];
  const SoftmaxLoss::RowResult result = SoftmaxLoss{3, 0.3}.Row(logits, {2}, 0.5, gradient);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(4.0);
  double expected = 0;
  for (int i = 0; i < 3; ++i) {
    const double target = i == 2 ? 0.8 : 0.1;
    expected -= target * (logits[i] - std::log(sum));
    EXPECT_NEAR(gradient[i], 0.5 * (std::exp(logits[i]) / sum - target), 1e-7);
  }
  EXPECT_NEAR(result.loss, expected, 1e-12);
  EXPECT_TRUE(result.correct);
}

// The target has 0.7 * 0.6 at one class, 0.7 * 0.4 at the other, and 0.3 / 3 more everywhere.
TEST(SoftmaxLoss, SharesTheTargetOfAMixedRowBetweenItsClasses) {
  const float logits[] = {1, 2, 4};
  float gradient[3];
  const SoftmaxLoss::RowResult result = SoftmaxLoss{3, 0.3}.Row(logits, {2, 0, 0.6}, 1, gradient);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(4.0);
  const double targets[] = {0.38, 0.1, 0.52};
  double expected = 0;
  for (int i = 0; i < 3; ++i) {
    expected -= targets[i] * (logits[i] - std::log(sum));
    EXPECT_NEAR(gradient[i], std::exp(logits[i]) / sum - targets[i], 1e-7);
  }
  EXPECT_NEAR(result.loss, expected, 1e-12);
  EXPECT_TRUE(result.correct);
}

TEST(SoftmaxLoss, TakesTheFirstOfEqualLogits) {
  const float logits[] = {1, 5, 5};
  float gradient[3];
  EXPECT_TRUE((SoftmaxLoss{3}.Row(logits, {1}, 1, gradient).correct));
  EXPECT_FALSE((SoftmaxLoss{3}.Row(logits, {2}, 1, gradient).correct));
}

TEST(SoftmaxLoss, StaysFiniteForLargeLogitsAndNotForNaN) {
  const float large[] = {-2000, 3000};
  float gradient[2];
  EXPECT_NEAR((SoftmaxLoss{2}.Row(large, {0}, 1, gradient).loss), 5000, 1e-6);
  const float not_a_number[] = {0, NAN};
  EXPECT_TRUE(std::isnan(SoftmaxLoss{2}.Row(not_a_number, {0}, 1, gradient).loss));
}

}  // namespace
}  // namespace traind
