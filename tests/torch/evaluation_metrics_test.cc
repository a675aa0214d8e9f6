#include "server/torch/train/evaluation_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/torch/training_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

// One row of scores for each class that it is given, the second likeliest next to it.
at::Tensor Scores(const std::vector<int64_t>& given, const std::vector<int64_t>& second) {
  at::Tensor scores = at::zeros({static_cast<int64_t>(given.size()), 3});
  for (size_t row = 0; row < given.size(); ++row) {
    scores[row][given[row]] = 2;
    scores[row][second[row]] = 1;
  }
  return scores;
}

// By hand: rows of classes 0 0 1 1 2, given 0 1 1 0 0; the second guess is right once
// more, for the last row.
std::vector<v1::MetricValue> FiveRows(const char* metrics) {
  EvaluationMetrics sums(MessageOfText<v1::Recipe>(metrics));
  sums.Add(Scores({0, 1, 1}, {1, 2, 2}), at::tensor({0, 0, 1}, at::kLong));
  sums.Add(Scores({0, 0}, {2, 2}), at::tensor({1, 2}, at::kLong));
  return sums.Values();
}

TEST(EvaluationMetrics, CountRowsWhoseClassIsAmongTheLikeliest) {
  const auto values = FiveRows("metrics { top_k_accuracy: 2 } metrics { top_k_accuracy: 3 }");
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].name(), "top_2_accuracy");
  EXPECT_THAT(values[0].values(), ElementsAre(0.6));
  EXPECT_EQ(values[1].name(), "top_3_accuracy");
  EXPECT_THAT(values[1].values(), ElementsAre(1));
}

TEST(EvaluationMetrics, CountRowsByTheirClassAndTheOneTheyWereGiven) {
  const auto values = FiveRows("metrics { confusion_matrix {} }");
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values[0].name(), "confusion_matrix");
  EXPECT_THAT(values[0].values(), ElementsAre(1, 1, 0,  // rows of class 0
                                              1, 1, 0,  //
                                              1, 0, 0));
}

TEST(EvaluationMetrics, GivePrecisionAndRecallOfEachClass) {
  const auto values = FiveRows("metrics { precision_recall {} }");
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].name(), "precision");
  // Of three rows that were given class 0 one is; no row was given class 2.
  EXPECT_THAT(values[0].values(), ElementsAre(1.0 / 3, 0.5, 0));
  EXPECT_EQ(values[1].name(), "recall");
  EXPECT_THAT(values[1].values(), ElementsAre(0.5, 0.5, 0));
}

TEST(EvaluationMetrics, MeasureErrorsOverAllValues) {
  EvaluationMetrics sums(MessageOfText<v1::Recipe>(
      "metrics { mean_absolute_error {} } metrics { root_mean_squared_error {} }"));
  sums.Add(at::tensor({1.0, 2.0}, at::kDouble).view({1, 2}), at::zeros({1, 2}, at::kDouble));
  sums.Add(at::tensor({-3.0, 0.0}, at::kDouble).view({1, 2}), at::zeros({1, 2}, at::kDouble));
  const auto values = sums.Values();
  ASSERT_EQ(values.size(), 2u);
  EXPECT_THAT(values[0].values(), ElementsAre(1.5));
  EXPECT_THAT(values[1].values(), ElementsAre(std::sqrt(14.0 / 4)));
}

TEST(EvaluationMetrics, HaveTheOneThatTheSelectionGoesBy) {
  EvaluationMetrics sums(
      MessageOfText<v1::Recipe>("selection { metric: SELECTION_METRIC_MEAN_ABSOLUTE_ERROR }"));
  sums.Add(at::ones({2, 1}), at::zeros({2, 1}));
  ASSERT_EQ(sums.Values().size(), 1u);
  EXPECT_EQ(sums.Values()[0].name(), "mean_absolute_error");
}

}  // namespace
}  // namespace traind
