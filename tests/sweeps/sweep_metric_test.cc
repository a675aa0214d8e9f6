#include "server/sweeps/sweep_metric.h"

#include <limits>

#include "gmock/gmock.h"

namespace traind {
namespace {

v1::Selection By(v1::SelectionMetric metric) {
  v1::Selection selection;
  selection.set_metric(metric);
  return selection;
}

void AddPoint(v1::Sweep& sweep, v1::RunState state, double value) {
  v1::SweepPoint& point = *sweep.add_points();
  point.set_number(sweep.points_size());
  point.set_run_id("run-" + std::to_string(sweep.points_size()));
  point.set_run_state(state);
  point.set_best_value(value);
  point.set_done(state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED);
}

TEST(SweepMetricTest, LargerAccuracyAndSmallerLossAreBetter) {
  EXPECT_TRUE(IsBetter(By(v1::SELECTION_METRIC_ACCURACY), 0.9, 0.8));
  EXPECT_FALSE(IsBetter(By(v1::SELECTION_METRIC_LOSS), 0.9, 0.8));
  EXPECT_FALSE(IsBetter(By(v1::SELECTION_METRIC_LOSS), 0.8, 0.8));
}

TEST(SweepMetricTest, AnyValueIsBetterThanNone) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(IsBetter(By(v1::SELECTION_METRIC_LOSS), 7, none));
  EXPECT_FALSE(IsBetter(By(v1::SELECTION_METRIC_LOSS), none, 7));
  EXPECT_FALSE(IsBetter(By(v1::SELECTION_METRIC_LOSS), none, none));
}

TEST(SweepMetricTest, ThereIsNoBestPointWithoutAValue) {
  v1::Sweep sweep;
  sweep.add_points()->set_number(1);
  EXPECT_EQ(BestPoint(sweep), 0);
}

TEST(SweepMetricTest, APointThatWasTrainedToItsEndIsBetterThanOneThatWasNot) {
  v1::Sweep sweep;
  sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_ACCURACY);
  AddPoint(sweep, v1::RUN_STATE_FAILED, 0.99);
  AddPoint(sweep, v1::RUN_STATE_SUCCEEDED, 0.8);
  AddPoint(sweep, v1::RUN_STATE_SUCCEEDED, 0.9);
  AddPoint(sweep, v1::RUN_STATE_SUCCEEDED, 0.9);
  EXPECT_EQ(BestPoint(sweep), 3);
}

TEST(SweepMetricTest, CountsPointsByWhatBecameOfThem) {
  v1::Sweep sweep;
  AddPoint(sweep, v1::RUN_STATE_FAILED, 1);
  AddPoint(sweep, v1::RUN_STATE_SUCCEEDED, 2);
  AddPoint(sweep, v1::RUN_STATE_RUNNING, 3);
  AddPoint(sweep, v1::RUN_STATE_PAUSED, 4);
  sweep.add_points()->set_number(5);
  CountPoints(sweep);
  EXPECT_EQ(sweep.point_count(), 5);
  EXPECT_EQ(sweep.active_count(), 1);
  EXPECT_EQ(sweep.done_count(), 2);
  EXPECT_EQ(sweep.failed_count(), 1);
  EXPECT_EQ(sweep.best_run_id(), "run-2");
}

}  // namespace
}  // namespace traind
