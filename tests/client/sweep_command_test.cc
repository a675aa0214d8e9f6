#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/trainctl/sweep_flags.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SweepCommandTest : public testing::Test {
 protected:
  // Two points by accuracy: the second is the better one.
  v1::Sweep Sweep(v1::SweepState state) {
    v1::Sweep sweep;
    sweep.set_id("s4-sweep-1");
    sweep.set_state(state);
    sweep.set_parallelism(16);
    sweep.mutable_recipe()->set_epoch_count(2);
    sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_ACCURACY);
    sweep.mutable_create_time()->set_seconds(absl::ToUnixSeconds(trainctl_.waiter.Now()) - 90);
    AddPoint(sweep, "0.1", 0.5);
    AddPoint(sweep, "0.2", 0.9876);
    sweep.set_point_count(2);
    sweep.set_done_count(2);
    sweep.set_best_point(2);
    sweep.set_best_run_id("s4-2");
    return sweep;
  }

  static void AddPoint(v1::Sweep& sweep, const std::string& value, double best_value) {
    v1::SweepPoint& point = *sweep.add_points();
    point.set_number(sweep.points_size());
    point.set_run_id("s4-" + std::to_string(sweep.points_size()));
    point.set_run_state(v1::RUN_STATE_SUCCEEDED);
    point.set_epochs_finished(2);
    point.set_best_value(best_value);
    point.set_done(true);
    v1::FieldValue& parameter = *point.add_parameters();
    parameter.set_path("optimizer.sgd.learning_rate");
    parameter.set_value(value);
  }

  TrainctlRunner trainctl_;
};

TEST_F(SweepCommandTest, AsksForAGrid) {
  trainctl_.server.sweeps = {Sweep(v1::SWEEP_STATE_RUNNING)};
  EXPECT_EQ(
      trainctl_.Run({"sweep", "--model", "s4", "--grid", "optimizer.sgd.learning_rate=0.1,0.2",
                     "--parallel", "3", "--epochs", "5", "--publish-best"}),
      0)
      << trainctl_.err;
  ASSERT_EQ(trainctl_.server.sweep_creations.size(), 1);
  const v1::CreateSweepRequest& request = trainctl_.server.sweep_creations[0];
  EXPECT_EQ(request.recipe_name(), "s4");
  ASSERT_EQ(request.search().grid_size(), 1);
  EXPECT_EQ(request.search().grid(0).path(), "optimizer.sgd.learning_rate");
  EXPECT_THAT(request.search().grid(0).values(), ElementsAre("0.1", "0.2"));
  EXPECT_EQ(request.parallelism(), 3);
  EXPECT_EQ(request.overrides(0).value(), "5");
  EXPECT_TRUE(request.publish_best());
  EXPECT_NE(request.request_id(), "");
  EXPECT_EQ(trainctl_.out, "s4-sweep-1\n");
}

TEST_F(SweepCommandTest, AsksForRandomPointsWithHalving) {
  trainctl_.server.sweeps = {Sweep(v1::SWEEP_STATE_RUNNING)};
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--random", "a=log:1e-3..0.1", "--random",
                           "b=uniform:8..64:whole", "--random", "c=choice:x,y", "--max-runs", "9",
                           "--seed", "7", "--asha", "2:3"}),
            0)
      << trainctl_.err;
  ASSERT_EQ(trainctl_.server.sweep_creations.size(), 1);
  const v1::SweepSearch& search = trainctl_.server.sweep_creations[0].search();
  ASSERT_EQ(search.random_size(), 3);
  EXPECT_DOUBLE_EQ(search.random(0).log_uniform().min(), 0.001);
  EXPECT_DOUBLE_EQ(search.random(0).log_uniform().max(), 0.1);
  EXPECT_TRUE(search.random(1).whole_numbers());
  EXPECT_DOUBLE_EQ(search.random(1).uniform().max(), 64);
  EXPECT_THAT(search.random(2).choices().values(), ElementsAre("x", "y"));
  EXPECT_EQ(search.max_runs(), 9);
  EXPECT_EQ(search.seed(), 7);
  EXPECT_EQ(search.halving().min_epochs(), 2);
  EXPECT_EQ(search.halving().reduction_factor(), 3);
}

TEST_F(SweepCommandTest, FollowsToTheEndWithALineForEachPoint) {
  v1::Sweep running = Sweep(v1::SWEEP_STATE_RUNNING);
  running.mutable_points(1)->set_done(false);
  trainctl_.server.sweeps = {running, running, Sweep(v1::SWEEP_STATE_SUCCEEDED)};
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--grid", "a=1,2", "--follow"}), 0)
      << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "point 1 s4-1 SUCCEEDED, 50.00%: optimizer.sgd.learning_rate=0.1\n"
            "point 2 s4-2 SUCCEEDED, 98.76%: optimizer.sgd.learning_rate=0.2\n");
  EXPECT_THAT(trainctl_.err, HasSubstr("s4-sweep-1 SUCCEEDED; best accuracy 98.76%: "
                                       "optimizer.sgd.learning_rate=0.2 (s4-2)"));
}

TEST_F(SweepCommandTest, AFailedSweepIsAFailure) {
  trainctl_.server.sweeps = {Sweep(v1::SWEEP_STATE_FAILED)};
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--grid", "a=1", "-f"}), 1);
}

TEST_F(SweepCommandTest, ShowHasTheBestPointFirst) {
  trainctl_.server.sweeps = {Sweep(v1::SWEEP_STATE_SUCCEEDED)};
  EXPECT_EQ(trainctl_.Run({"sweep-show", "s4-sweep-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("Sweep:       s4-sweep-1\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr("Search:      grid, 16 at once\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr("2: 2 through, 0 active, 0 failed"));
  EXPECT_LT(trainctl_.out.find("  2       s4-2"), trainctl_.out.find("  1       s4-1"))
      << trainctl_.out;
}

TEST_F(SweepCommandTest, SweepsAreATableOverAllPages) {
  for (const char* id : {"s4-sweep-2", "s4-sweep-1"}) {
    v1::Sweep sweep = Sweep(v1::SWEEP_STATE_SUCCEEDED);
    sweep.set_id(id);
    *trainctl_.server.sweep_pages.emplace_back().add_sweeps() = sweep;
  }
  EXPECT_EQ(trainctl_.Run({"sweeps"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "SWEEP        STATE       POINTS   THROUGH   ACTIVE   FAILED   BEST   AGE\n"
            "s4-sweep-2   SUCCEEDED   2        2         0        0        s4-2   90s\n"
            "s4-sweep-1   SUCCEEDED   2        2         0        0        s4-2   90s\n");
}

TEST_F(SweepCommandTest, CancelResumeAndDeleteNameTheSweep) {
  trainctl_.server.sweeps = {Sweep(v1::SWEEP_STATE_CANCELLED)};
  EXPECT_EQ(trainctl_.Run({"sweep-cancel", "s4-sweep-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4-sweep-1 CANCELLED\n");
  EXPECT_EQ(trainctl_.Run({"sweep-resume", "s4-sweep-1"}), 0) << trainctl_.err;
  trainctl_.server.deleted_sweep.set_deleted_run_count(2);
  EXPECT_EQ(trainctl_.Run({"sweep-delete", "s4-sweep-1", "--runs"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("s4-sweep-1 deleted with 2 runs"));
  EXPECT_THAT(trainctl_.server.sweep_cancels, ElementsAre("s4-sweep-1"));
  EXPECT_THAT(trainctl_.server.sweep_resumes, ElementsAre("s4-sweep-1"));
  EXPECT_TRUE(trainctl_.server.sweep_deletes.at(0).delete_runs());
}

TEST_F(SweepCommandTest, RunsOfASweepAreListedWithTheirParameters) {
  v1::Run run;
  run.set_id("s4-2");
  run.set_state(v1::RUN_STATE_SUCCEEDED);
  v1::FieldValue& parameter = *run.add_parameters();
  parameter.set_path("batch_size");
  parameter.set_value("32");
  *trainctl_.server.run_pages.emplace_back().add_runs() = run;
  EXPECT_EQ(trainctl_.Run({"runs", "--sweep", "s4-sweep-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.run_lists.at(0).sweep_id(), "s4-sweep-1");
  EXPECT_THAT(trainctl_.out, HasSubstr("PARAMETERS"));
  EXPECT_THAT(trainctl_.out, HasSubstr("batch_size=32"));
}

TEST_F(SweepCommandTest, WhatCannotBeReadIsBadUsage) {
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected --grid or --random"));
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--grid", "a"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("--grid: expected path=value,value"));
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--random", "a=gauss:0..1"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("--random: expected path=log:"));
  EXPECT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--grid", "a=1", "--asha", "1:1"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("--asha: expected"));
  EXPECT_TRUE(trainctl_.server.sweep_creations.empty());
}

TEST(SweepFlagsTest, CommasWithinBracketsBracesAndQuotesPartNoValues) {
  const absl::StatusOr<v1::GridParameter> parameter =
      ParseGrid(R"(schedule=[1,2],{ step { epochs: 1, factor: 2 } },"a,b",3)");
  ASSERT_TRUE(parameter.ok());
  EXPECT_THAT(parameter->values(),
              ElementsAre("[1,2]", "{ step { epochs: 1, factor: 2 } }", "\"a,b\"", "3"));
}

}  // namespace
}  // namespace traind
