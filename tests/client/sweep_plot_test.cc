#include "client/trainctl/sweep_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/client/trainctl_runner.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SweepPlotTest : public testing::Test {
 protected:
  // A sweep over these learning rates that has ended, and what its runs have told.
  void PlanSweep(const std::vector<std::string>& rates) {
    v1::Sweep& sweep = trainctl_.server.sweeps.emplace_back();
    sweep.set_id("s4-sweep-1");
    sweep.set_state(v1::SWEEP_STATE_SUCCEEDED);
    sweep.mutable_recipe()->mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
    for (const std::string& rate : rates) {
      v1::SweepPoint& point = *sweep.add_points();
      point.set_number(sweep.points_size());
      point.set_run_id("s4-" + std::to_string(sweep.points_size()));
      point.set_best_value(1.0 / sweep.points_size());
      point.set_done(true);
      v1::Run run;
      run.set_id(point.run_id());
      run.set_last_sequence(2);
      run.mutable_recipe()->mutable_optimizer()->mutable_sgd()->set_learning_rate(std::stod(rate));
      v1::FieldValue& parameter = *run.add_parameters();
      parameter.set_path("optimizer.sgd.learning_rate");
      parameter.set_value(rate);
      *point.add_parameters() = parameter;
      trainctl_.server.other_runs[run.id()] = run;
    }
    trainctl_.server.run = trainctl_.server.other_runs["s4-1"];
  }

  // The next run's events: two epochs.
  void PlanEpochs() {
    std::vector<v1::Event> events;
    for (int epoch : {1, 2}) {
      v1::EpochFinished finished = FinishedEpoch(epoch, 0.5f, 938, 20, 1.0 / epoch, 9000 + epoch);
      finished.set_step(938 * epoch);
      events.push_back(EpochEvent(epoch, finished));
    }
    trainctl_.server.streams.push_back({.responses = {Response(events, 2)}});
  }

  int Sweep(std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"sweep", "--model",  "s4",       "--grid",
                                          "a=1,2", "--metric", "eval_loss"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return trainctl_.Run(arguments);
  }

  TrainctlRunner trainctl_;
};

TEST_F(SweepPlotTest, AllPointsAreInOnePictureOnceTheSweepHasEnded) {
  PlanSweep({"0.1", "0.2"});
  PlanEpochs();
  PlanEpochs();
  const std::string file = FreshPath("sweep.svg");
  ASSERT_EQ(Sweep({"--plot", file}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.err, HasSubstr("s4-sweep-1 SUCCEEDED"));
  const std::string picture = FileContent(file);
  EXPECT_THAT(picture, HasSubstr("s4-sweep-1"));
  EXPECT_THAT(picture, HasSubstr("learning_rate"));
  EXPECT_THAT(picture, HasSubstr("0.1 (s4-1)"));
  EXPECT_THAT(picture, HasSubstr("0.2 (s4-2)"));
}

TEST_F(SweepPlotTest, EachPointGetsAPictureNamedByItsValues) {
  PlanSweep({"0.1", "0.2"});
  PlanEpochs();
  PlanEpochs();
  const std::string folder = FreshPath("pictures");
  ASSERT_EQ(Sweep({"--plot-each", folder}), 0) << trainctl_.err;
  EXPECT_THAT(FileContent(folder + "/learning_rate=0.1.svg"),
              HasSubstr("learning_rate=0.1 (s4-1)"));
  EXPECT_THAT(FileContent(folder + "/learning_rate=0.2.svg"),
              HasSubstr("learning_rate=0.2 (s4-2)"));
}

TEST_F(SweepPlotTest, ValuesThatCannotNameAFileOrNameTwoAreTakenApart) {
  PlanSweep({"0.1", "0.1"});
  for (auto& [id, run] : trainctl_.server.other_runs) {
    run.mutable_parameters(0)->set_path("data.dataset");
    run.mutable_parameters(0)->set_value("\"../a b\"");
  }
  PlanEpochs();
  PlanEpochs();
  const std::string folder = FreshPath("named");
  ASSERT_EQ(Sweep({"--plot-each", folder}), 0) << trainctl_.err;
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("dataset=_.._ab_-s4-2.svg", "dataset=_.._ab_.svg"));
}

TEST_F(SweepPlotTest, WithoutAMetricManyEpochsAreDrawnByTheirMeanLoss) {
  PlanSweep({"0.1", "0.2"});
  trainctl_.server.sweeps.back().mutable_recipe()->set_epoch_count(1000);
  PlanEpochs();
  PlanEpochs();
  const std::string file = FreshPath("many-epochs.svg");
  ASSERT_EQ(trainctl_.Run({"sweep", "--model", "s4", "--grid", "a=1,2", "--plot", file}), 0)
      << trainctl_.err;
  EXPECT_THAT(FileContent(file), HasSubstr("Mean training loss of an epoch"));
}

TEST_F(SweepPlotTest, ASweepOfOldIsDrawnByItsId) {
  PlanSweep({"0.1", "0.2"});
  PlanEpochs();
  PlanEpochs();
  const std::string file = FreshPath("old.svg");
  ASSERT_EQ(trainctl_.Run({"plot", "--sweep", "s4-sweep-1", "--metric", "eval_loss", "-o", file}),
            0)
      << trainctl_.err;
  EXPECT_THAT(FileContent(file), HasSubstr("0.2 (s4-2)"));
  EXPECT_THAT(FileContent(file), HasSubstr("s4-sweep-1"));
}

TEST_F(SweepPlotTest, OfMorePointsThanAPictureHoldsTheBestAreDrawn) {
  PlanSweep(std::vector<std::string>(70, "0.1"));
  for (int i = 0; i < 64; ++i) PlanEpochs();
  const std::string file = FreshPath("many.svg");
  ASSERT_EQ(Sweep({"--plot", file}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.err, HasSubstr("the best 64 of 70 points are drawn"));
  EXPECT_THAT(FileContent(file), HasSubstr("s4-70"));
  EXPECT_THAT(FileContent(file), Not(HasSubstr("s4-6<")));
}

TEST_F(SweepPlotTest, ASweepWithoutRunsHasNothingToDraw) {
  PlanSweep({});
  EXPECT_EQ(trainctl_.Run({"plot", "--sweep", "s4-sweep-1"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("NOT_FOUND: no point of s4-sweep-1 has a run"));
}

TEST_F(SweepPlotTest, AnotherEndingIsBadUsageBeforeAnythingStarts) {
  EXPECT_EQ(Sweep({"--plot", "loss.pdf"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("ends with .svg or .png, got `loss.pdf`"));
  EXPECT_TRUE(trainctl_.server.sweep_creations.empty());
}

TEST_F(SweepPlotTest, RunsAndASweepAreNotDrawnTogether) {
  EXPECT_EQ(trainctl_.Run({"plot", "s4-1", "--sweep", "s4-sweep-1"}), 2);
  EXPECT_EQ(trainctl_.Run({"plot"}), 2);
}

}  // namespace
}  // namespace traind
