#include "server/recipes/selection_value.h"

#include <cmath>

#include "gtest/gtest.h"

namespace traind {
namespace {

v1::Selection By(v1::SelectionMetric metric) {
  v1::Selection selection;
  selection.set_metric(metric);
  return selection;
}

v1::EpochFinished Epoch() {
  v1::EpochFinished epoch;
  epoch.set_eval_loss(0.25);
  epoch.set_eval_correct_count(30);
  epoch.set_eval_sample_count(40);
  v1::MetricValue& matrix = *epoch.add_metrics();
  matrix.set_name("confusion_matrix");
  v1::MetricValue& error = *epoch.add_metrics();
  error.set_name("root_mean_squared_error");
  error.add_values(0.5);
  return epoch;
}

TEST(SelectionValue, IsTheMetricThatTheSelectionNames) {
  EXPECT_EQ(SelectionValue(By(v1::SELECTION_METRIC_ACCURACY), Epoch()), 0.75);
  EXPECT_EQ(SelectionValue(By(v1::SELECTION_METRIC_LOSS), Epoch()), 0.25);
  EXPECT_EQ(SelectionValue(By(v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR), Epoch()), 0.5);
}

TEST(SelectionValue, IsNotANumberWhereTheEpochDoesNotHaveIt) {
  EXPECT_TRUE(std::isnan(SelectionValue(By(v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR), Epoch())));
}

TEST(SelectionValue, IsBetterWhenLargerOnlyForAccuracy) {
  EXPECT_TRUE(IsAtLeastAsGood(By(v1::SELECTION_METRIC_ACCURACY), 0.9, 0.8));
  EXPECT_FALSE(IsAtLeastAsGood(By(v1::SELECTION_METRIC_ACCURACY), 0.7, 0.8));
  for (const v1::SelectionMetric metric :
       {v1::SELECTION_METRIC_LOSS, v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR,
        v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR}) {
    EXPECT_FALSE(IsAtLeastAsGood(By(metric), 0.9, 0.8));
    EXPECT_TRUE(IsAtLeastAsGood(By(metric), 0.8, 0.8));
  }
}

}  // namespace
}  // namespace traind
