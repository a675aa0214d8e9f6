#include "server/sweeps/sweep_plan.h"

#include "gmock/gmock.h"
#include "server/sweeps/sweep_metric.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr auto kStart = SweepAction::Kind::kStart;
constexpr auto kPromote = SweepAction::Kind::kPromote;

// A sweep of so many points, none begun, by accuracy.
v1::Sweep Sweep(int point_count, int parallelism) {
  v1::Sweep sweep;
  sweep.set_parallelism(parallelism);
  sweep.mutable_recipe()->set_epoch_count(4);
  sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_ACCURACY);
  for (int i = 0; i < point_count; ++i) sweep.add_points()->set_number(i + 1);
  return sweep;
}

// Rungs at 1, 2 and 4 epochs; half of a rung goes on.
v1::Sweep HalvingSweep(int point_count, int parallelism) {
  v1::Sweep sweep = Sweep(point_count, parallelism);
  sweep.mutable_search()->mutable_halving()->set_min_epochs(1);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(2);
  return sweep;
}

void Train(v1::Sweep& sweep, int point) {
  sweep.mutable_points(point)->set_run_id("run");
  sweep.mutable_points(point)->set_run_state(v1::RUN_STATE_RUNNING);
}

void End(v1::Sweep& sweep, int point, v1::RunState state) {
  sweep.mutable_points(point)->set_run_id("run");
  sweep.mutable_points(point)->set_run_state(state);
  sweep.mutable_points(point)->set_done(true);
}

// The point's run is paused at its rung with this value.
void Reach(v1::Sweep& sweep, int point, double value) {
  sweep.mutable_points(point)->set_run_id("run");
  sweep.mutable_points(point)->set_run_state(v1::RUN_STATE_PAUSED);
  sweep.mutable_points(point)->add_rung_values(value);
}

void Promote(v1::Sweep& sweep, int point) {
  sweep.mutable_points(point)->set_rung(sweep.points(point).rung() + 1);
  sweep.mutable_points(point)->set_run_state(v1::RUN_STATE_RUNNING);
}

TEST(SweepPlanTest, PointsStartInOrderAsFarAsThereAreFreePlaces) {
  v1::Sweep sweep = Sweep(5, 3);
  End(sweep, 0, v1::RUN_STATE_SUCCEEDED);
  Train(sweep, 1);
  EXPECT_THAT(PlanSweep(sweep).actions,
              ElementsAre(SweepAction{kStart, 2}, SweepAction{kStart, 3}));
}

TEST(SweepPlanTest, NothingStartsWithoutAFreePlace) {
  v1::Sweep sweep = Sweep(3, 1);
  Train(sweep, 0);
  EXPECT_THAT(PlanSweep(sweep).actions, IsEmpty());
  EXPECT_FALSE(PlanSweep(sweep).finished);
}

TEST(SweepPlanTest, ASweepIsFinishedWhenEveryPointIsThrough) {
  v1::Sweep sweep = Sweep(2, 1);
  End(sweep, 0, v1::RUN_STATE_FAILED);
  End(sweep, 1, v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(PlanSweep(sweep).finished);
}

TEST(SweepPlanTest, ARunThatAUserHasPausedTakesNoPlaceAndIsWaitedFor) {
  v1::Sweep sweep = Sweep(2, 1);
  Train(sweep, 0);
  sweep.mutable_points(0)->set_run_state(v1::RUN_STATE_PAUSED);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 1}));
  End(sweep, 1, v1::RUN_STATE_SUCCEEDED);
  EXPECT_FALSE(PlanSweep(sweep).finished);
}

TEST(SweepPlanTest, RungsGrowByTheFactorUpToAllEpochs) {
  v1::Sweep sweep = HalvingSweep(1, 1);
  sweep.mutable_recipe()->set_epoch_count(30);
  sweep.mutable_search()->mutable_halving()->set_min_epochs(2);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(3);
  EXPECT_THAT(RungEpochs(sweep), ElementsAre(2, 6, 18, 30));
}

TEST(SweepPlanTest, RungsGrowFourfoldFromOneByDefault) {
  v1::Sweep sweep = Sweep(1, 1);
  sweep.mutable_recipe()->set_epoch_count(16);
  EXPECT_THAT(RungEpochs(sweep), ElementsAre(16));
  sweep.mutable_search()->mutable_halving();
  EXPECT_THAT(RungEpochs(sweep), ElementsAre(1, 4, 16));
}

// Algorithm 2 of Li et al. by hand: four points, one at a time, factor 2, rungs at 1, 2
// and 4 epochs. Accuracies: at rung 0 point 1 has 0.5, point 2 0.7, point 3 0.6, point 4
// 0.9; at rung 1 point 2 has 0.8, point 4 0.95.
TEST(SweepPlanTest, HalvingGoesAsByHand) {
  v1::Sweep sweep = HalvingSweep(4, 1);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 0}));
  Reach(sweep, 0, 0.5);
  // Of one point at the rung none goes on.
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 1}));
  Reach(sweep, 1, 0.7);
  // Of two the better one does.
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kPromote, 1}));
  Promote(sweep, 1);
  Reach(sweep, 1, 0.8);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 2}));
  Reach(sweep, 2, 0.6);
  // Half of three is one, and that one has gone on already.
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 3}));
  Reach(sweep, 3, 0.9);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kPromote, 3}));
  Promote(sweep, 3);
  Reach(sweep, 3, 0.95);
  // The highest rung first.
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kPromote, 3}));
  Promote(sweep, 3);
  End(sweep, 3, v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(PlanSweep(sweep).finished);
}

TEST(SweepPlanTest, FreePlacesGoToPromotionsFirst) {
  v1::Sweep sweep = HalvingSweep(4, 2);
  Reach(sweep, 0, 0.5);
  Reach(sweep, 1, 0.7);
  EXPECT_THAT(PlanSweep(sweep).actions,
              ElementsAre(SweepAction{kPromote, 1}, SweepAction{kStart, 2}));
}

TEST(SweepPlanTest, BySmallerLossTheSmallerOneGoesOn) {
  v1::Sweep sweep = HalvingSweep(2, 2);
  sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
  Reach(sweep, 0, 0.5);
  Reach(sweep, 1, 0.7);
  EXPECT_THAT(PointToPromote(sweep), Optional(0));
}

TEST(SweepPlanTest, OnATieTheFirstPointGoesOn) {
  v1::Sweep sweep = HalvingSweep(2, 2);
  Reach(sweep, 0, 0.5);
  Reach(sweep, 1, 0.5);
  EXPECT_THAT(PointToPromote(sweep), Optional(0));
}

TEST(SweepPlanTest, APointThatFailedOnItsWayCountsAsTheWorst) {
  v1::Sweep sweep = HalvingSweep(2, 1);
  Reach(sweep, 0, 0.1);
  EXPECT_EQ(PointToPromote(sweep), std::nullopt);
  End(sweep, 1, v1::RUN_STATE_FAILED);
  EXPECT_THAT(PointToPromote(sweep), Optional(0));
}

TEST(SweepPlanTest, InTheEndTheBestOfTheHighestRungIsTrainedToItsEnd) {
  v1::Sweep sweep = HalvingSweep(3, 3);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(4);
  Reach(sweep, 0, 0.5);
  Reach(sweep, 1, 0.7);
  Train(sweep, 2);
  EXPECT_THAT(PlanSweep(sweep).actions, IsEmpty());
  Reach(sweep, 2, 0.6);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kPromote, 1}));
  Promote(sweep, 1);
  End(sweep, 1, v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(PlanSweep(sweep).finished);
}

TEST(SweepPlanTest, WhenTheLastOneFailsTheNextBestTakesItsPlace) {
  v1::Sweep sweep = HalvingSweep(3, 3);
  sweep.mutable_search()->mutable_halving()->set_reduction_factor(4);
  Reach(sweep, 0, 0.5);
  Reach(sweep, 1, 0.7);
  Reach(sweep, 2, 0.6);
  Promote(sweep, 1);
  End(sweep, 1, v1::RUN_STATE_FAILED);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kPromote, 2}));
}

TEST(SweepPlanTest, AfterAResumeAPointThatHadReachedItsRungWaitsThereWithoutARun) {
  v1::Sweep sweep = HalvingSweep(2, 1);
  Reach(sweep, 0, 0.5);
  sweep.mutable_points(0)->clear_run_id();
  sweep.mutable_points(0)->clear_run_state();
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 1}));
}

TEST(SweepPlanTest, AnActionIsNotGivenTwice) {
  v1::Sweep sweep = HalvingSweep(1, 5);
  EXPECT_THAT(PlanSweep(sweep).actions, ElementsAre(SweepAction{kStart, 0}));
}

}  // namespace
}  // namespace traind
