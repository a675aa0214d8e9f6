#include "server/sweeps/point_progress.h"

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// With rungs at 1, 2 and 4 epochs.
v1::Sweep HalvingSweep() {
  v1::Sweep sweep;
  sweep.mutable_recipe()->set_epoch_count(4);
  sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
  sweep.mutable_search()->mutable_halving()->set_min_epochs(1);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(2);
  return sweep;
}

v1::Sweep PlainSweep() {
  v1::Sweep sweep = HalvingSweep();
  sweep.mutable_search()->clear_halving();
  return sweep;
}

v1::Run RunIn(v1::RunState state, int epochs, double last_loss, double best_loss) {
  v1::Run run;
  run.set_id("s4-1");
  run.set_state(state);
  run.set_epochs_finished(epochs);
  if (epochs == 0) return run;
  run.mutable_last_epoch()->set_eval_loss(last_loss);
  run.mutable_best_epoch()->set_eval_loss(best_loss);
  return run;
}

v1::SweepPoint StartedPoint() {
  v1::SweepPoint point;
  point.set_number(1);
  point.set_run_id("s4-1");
  return point;
}

TEST(PointProgressTest, APointShowsStateEpochsAndBestValueOfItsRun) {
  v1::SweepPoint point = StartedPoint();
  NoteRun(PlainSweep(), RunIn(v1::RUN_STATE_RUNNING, 3, 0.5, 0.25), point);
  EXPECT_EQ(point.run_state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(point.epochs_finished(), 3);
  EXPECT_DOUBLE_EQ(point.best_value(), 0.25);
  EXPECT_FALSE(point.done());
}

TEST(PointProgressTest, BeforeItsFirstEpochARunHasNoValue) {
  v1::SweepPoint point = StartedPoint();
  NoteRun(PlainSweep(), RunIn(v1::RUN_STATE_RUNNING, 0, 0, 0), point);
  EXPECT_FALSE(point.has_best_value());
}

TEST(PointProgressTest, ARunThatHasSucceededIsThroughWithoutAReason) {
  v1::SweepPoint point = StartedPoint();
  v1::Run run = RunIn(v1::RUN_STATE_SUCCEEDED, 4, 0.5, 0.5);
  run.set_state_reason("all 4 epochs are done");
  NoteRun(PlainSweep(), run, point);
  EXPECT_TRUE(point.done());
  EXPECT_EQ(point.reason(), "");
}

TEST(PointProgressTest, ARunThatHasFailedIsThroughForItsError) {
  v1::SweepPoint point = StartedPoint();
  v1::Run run = RunIn(v1::RUN_STATE_FAILED, 1, 2, 2);
  run.set_state_reason("something shorter");
  run.mutable_error()->set_message("the loss became nan at step 7");
  NoteRun(PlainSweep(), run, point);
  EXPECT_TRUE(point.done());
  EXPECT_EQ(point.reason(), "the loss became nan at step 7");
}

TEST(PointProgressTest, ARunThatWasCancelledIsThroughForItsStatesReason) {
  v1::SweepPoint point = StartedPoint();
  v1::Run run = RunIn(v1::RUN_STATE_CANCELLED, 1, 2, 2);
  run.set_state_reason("cancelled by a user");
  NoteRun(PlainSweep(), run, point);
  EXPECT_TRUE(point.done());
  EXPECT_EQ(point.reason(), "cancelled by a user");
}

TEST(PointProgressTest, AtARungTheLastEpochCountsAndNotTheBest) {
  v1::SweepPoint point = StartedPoint();
  point.set_rung(1);
  point.add_rung_values(0.75);
  v1::Run run = RunIn(v1::RUN_STATE_PAUSED, 2, 0.5, 0.25);
  run.set_pause_after_epoch(2);
  NoteRun(HalvingSweep(), run, point);
  EXPECT_THAT(point.rung_values(), ElementsAre(0.75, 0.5));
}

TEST(PointProgressTest, ARungIsReachedOnce) {
  v1::SweepPoint point = StartedPoint();
  v1::Run run = RunIn(v1::RUN_STATE_PAUSED, 1, 0.5, 0.5);
  run.set_pause_after_epoch(1);
  NoteRun(HalvingSweep(), run, point);
  NoteRun(HalvingSweep(), run, point);
  EXPECT_THAT(point.rung_values(), ElementsAre(0.5));
}

TEST(PointProgressTest, ARunThatAUserHasPausedOnItsWayIsAtNoRung) {
  v1::SweepPoint point = StartedPoint();
  point.set_rung(1);
  point.add_rung_values(0.75);
  v1::Run run = RunIn(v1::RUN_STATE_PAUSED, 1, 0.75, 0.75);
  run.set_pause_after_epoch(2);
  NoteRun(HalvingSweep(), run, point);
  EXPECT_THAT(point.rung_values(), ElementsAre(0.75));
}

TEST(PointProgressTest, ARunThatHasAllItsEpochsHasPassedEveryRung) {
  v1::SweepPoint point = StartedPoint();
  NoteRun(HalvingSweep(), RunIn(v1::RUN_STATE_SUCCEEDED, 4, 0.5, 0.25), point);
  EXPECT_THAT(point.rung_values(), ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(point.rung(), 2);
}

TEST(PointProgressTest, AFailureOnTheWayToARungLeavesTheRungsAsTheyAre) {
  v1::SweepPoint point = StartedPoint();
  point.set_rung(1);
  point.add_rung_values(0.75);
  NoteRun(HalvingSweep(), RunIn(v1::RUN_STATE_FAILED, 1, 0.75, 0.75), point);
  EXPECT_THAT(point.rung_values(), ElementsAre(0.75));
  EXPECT_EQ(point.rung(), 1);
}

TEST(PointProgressTest, ForgettingKeepsResultsAndRungsAndMakesRoomForNewRuns) {
  v1::Sweep sweep = HalvingSweep();
  v1::SweepPoint& good = *sweep.add_points();
  good = StartedPoint();
  NoteRun(sweep, RunIn(v1::RUN_STATE_SUCCEEDED, 4, 0.5, 0.5), good);
  v1::SweepPoint& bad = *sweep.add_points();
  bad = StartedPoint();
  bad.set_run_id("s4-2");
  bad.set_run_count(1);
  bad.add_rung_values(0.75);
  bad.set_rung(1);
  NoteRun(sweep, RunIn(v1::RUN_STATE_CANCELLED, 1, 0.75, 0.75), bad);

  ForgetUnsuccessfulRuns(sweep);

  EXPECT_EQ(sweep.points(0).run_id(), "s4-1");
  EXPECT_TRUE(sweep.points(0).done());
  const v1::SweepPoint& again = sweep.points(1);
  EXPECT_FALSE(again.done());
  EXPECT_THAT(again.run_id(), IsEmpty());
  EXPECT_THAT(again.reason(), IsEmpty());
  EXPECT_FALSE(again.has_best_value());
  EXPECT_EQ(again.epochs_finished(), 0);
  EXPECT_THAT(again.rung_values(), ElementsAre(0.75));
  // By which the next run's request differs from the last one's.
  EXPECT_EQ(again.run_count(), 1);
}

}  // namespace
}  // namespace traind
