#include "client/trainctl/sweep_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::SweepPoint& AddPoint(v1::Sweep& sweep, const std::string& rate) {
  v1::SweepPoint& point = *sweep.add_points();
  point.set_number(sweep.points_size());
  v1::FieldValue& parameter = *point.add_parameters();
  parameter.set_path("optimizer.sgd.learning_rate");
  parameter.set_value(rate);
  return point;
}

v1::Sweep SweepBy(v1::SelectionMetric metric) {
  v1::Sweep sweep;
  sweep.set_id("s4-sweep-3");
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.set_parallelism(4);
  sweep.mutable_recipe()->set_epoch_count(9);
  sweep.mutable_recipe()->mutable_selection()->set_metric(metric);
  return sweep;
}

std::string Shown(const v1::Sweep& sweep) { return SweepText(sweep, absl::UnixEpoch()); }

TEST(SweepText, AccuracyIsAPercentageAndOtherMetricsAreNumbers) {
  EXPECT_EQ(ValueText(SweepBy(v1::SELECTION_METRIC_ACCURACY), 0.98514), "98.51%");
  EXPECT_EQ(ValueText(SweepBy(v1::SELECTION_METRIC_LOSS), 0.0000123456789), "1.23457e-05");
  EXPECT_EQ(ValueText(SweepBy(v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR), 3.25), "3.25");
}

TEST(SweepText, SeveralParametersStandInTheirOrder) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  v1::SweepPoint& point = AddPoint(sweep, "0.1");
  v1::FieldValue& seed = *point.add_parameters();
  seed.set_path("seed");
  seed.set_value("7");
  EXPECT_EQ(ParametersText(point), "optimizer.sgd.learning_rate=0.1 seed=7");
}

TEST(SweepText, APointWithoutARunWaits) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  EXPECT_EQ(PointLine(sweep, AddPoint(sweep, "0.1")),
            "point 1 WAITS: optimizer.sgd.learning_rate=0.1");
}

TEST(SweepText, APointThatIsPausedAtItsRungIsSaidToBeThere) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  v1::SweepPoint& point = AddPoint(sweep, "0.1");
  point.set_run_id("s4-7");
  point.set_run_state(v1::RUN_STATE_PAUSED);
  point.add_rung_values(0.5);
  point.set_best_value(0.5);
  EXPECT_EQ(PointLine(sweep, point), "point 1 s4-7 AT RUNG, 0.5: optimizer.sgd.learning_rate=0.1");
}

TEST(SweepText, APointThatGoesOnFromItsRungShowsItsRunsState) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  v1::SweepPoint& point = AddPoint(sweep, "0.1");
  point.set_run_id("s4-7");
  point.set_run_state(v1::RUN_STATE_RUNNING);
  point.add_rung_values(0.5);
  point.set_rung(1);
  EXPECT_EQ(PointLine(sweep, point), "point 1 s4-7 RUNNING: optimizer.sgd.learning_rate=0.1");
}

TEST(SweepText, AFailedPointTellsWhy) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  v1::SweepPoint& point = AddPoint(sweep, "1e9");
  point.set_run_id("s4-7");
  point.set_run_state(v1::RUN_STATE_FAILED);
  point.set_done(true);
  point.set_reason("the loss became nan at step 7");
  EXPECT_EQ(PointLine(sweep, point),
            "point 1 s4-7 FAILED: optimizer.sgd.learning_rate=1e9 "
            "(the loss became nan at step 7)");
}

TEST(SweepText, TheEndNamesTheReasonAndTheBestPoint) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  AddPoint(sweep, "0.1");
  v1::SweepPoint& best = AddPoint(sweep, "0.2");
  best.set_run_id("s4-8");
  best.set_best_value(0.25);
  sweep.set_state(v1::SWEEP_STATE_SUCCEEDED);
  sweep.set_state_reason("all 2 points are through, 0 have failed");
  sweep.set_best_point(2);
  EXPECT_EQ(SweepEndText(sweep),
            "s4-sweep-3 SUCCEEDED: all 2 points are through, 0 have failed; best loss 0.25: "
            "optimizer.sgd.learning_rate=0.2 (s4-8)");
}

TEST(SweepText, AnEndWithoutAResultNamesNoBestPoint) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  AddPoint(sweep, "0.1");
  sweep.set_state(v1::SWEEP_STATE_CANCELLED);
  EXPECT_EQ(SweepEndText(sweep), "s4-sweep-3 CANCELLED");
}

TEST(SweepText, TheSmallestLossAndTheLargestAccuracyAreFirst) {
  for (const auto metric : {v1::SELECTION_METRIC_LOSS, v1::SELECTION_METRIC_ACCURACY}) {
    v1::Sweep sweep = SweepBy(metric);
    AddPoint(sweep, "0.1");  // has no value: last
    AddPoint(sweep, "0.2").set_best_value(0.75);
    AddPoint(sweep, "0.3").set_best_value(0.25);
    const std::vector<const v1::SweepPoint*> points = RankedPoints(sweep);
    ASSERT_EQ(points.size(), 3u);
    EXPECT_EQ(points[0]->number(), metric == v1::SELECTION_METRIC_LOSS ? 3 : 2);
    EXPECT_EQ(points[2]->number(), 1);
  }
}

TEST(SweepText, TheSearchIsToldWithWhatRepeatsIt) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  sweep.mutable_search()->add_grid()->set_path("seed");
  EXPECT_THAT(Shown(sweep), HasSubstr("Search:      grid, 4 at once\n"));
  sweep.mutable_search()->clear_grid();
  sweep.mutable_search()->add_random()->set_path("seed");
  sweep.mutable_search()->set_seed(11);
  EXPECT_THAT(Shown(sweep), HasSubstr("Search:      random, seed 11, 4 at once\n"));
  sweep.mutable_search()->mutable_halving();
  EXPECT_THAT(Shown(sweep), HasSubstr("random, seed 11, halving from epoch 1 by 4, 4 at once\n"));
  sweep.mutable_search()->mutable_halving()->set_min_epochs(3);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(2);
  EXPECT_THAT(Shown(sweep), HasSubstr("halving from epoch 3 by 2"));
}

TEST(SweepText, ASweepThatRunsTookNoTimeYet) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  EXPECT_THAT(Shown(sweep), Not(HasSubstr("Took:")));
  sweep.mutable_create_time()->set_seconds(100);
  sweep.mutable_end_time()->set_seconds(142);
  EXPECT_THAT(Shown(sweep), HasSubstr("Took:        42s\n"));
}

TEST(SweepText, APointsRowHasItsEpochsOfAll) {
  v1::Sweep sweep = SweepBy(v1::SELECTION_METRIC_LOSS);
  v1::SweepPoint& point = AddPoint(sweep, "0.1");
  point.set_run_id("s4-7");
  point.set_run_state(v1::RUN_STATE_RUNNING);
  point.set_epochs_finished(3);
  EXPECT_THAT(Shown(sweep), HasSubstr("s4-7   RUNNING   3/9"));
}

TEST(SweepText, StatesAreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(SweepStateName(v1::SWEEP_STATE_RUNNING), "RUNNING");
  // Of a newer server.
  EXPECT_EQ(SweepStateName(static_cast<v1::SweepState>(77)), "UNKNOWN(77)");
  EXPECT_FALSE(IsTerminalState(v1::SWEEP_STATE_RUNNING));
  for (const auto state :
       {v1::SWEEP_STATE_SUCCEEDED, v1::SWEEP_STATE_FAILED, v1::SWEEP_STATE_CANCELLED}) {
    EXPECT_TRUE(IsTerminalState(state));
  }
}

}  // namespace
}  // namespace traind
