#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/trainctl/run_plot.h"
#include "tests/client/trainctl_runner.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class PlotCommandTest : public testing::Test {
 protected:
  PlotCommandTest() {
    trainctl_.server.run = MakeRun("s4-1", 0.1);
    trainctl_.server.other_runs["s4-2"] = MakeRun("s4-2", 0.05);
  }

  static v1::Run MakeRun(const std::string& id, double learning_rate) {
    v1::Run run;
    run.set_id(id);
    run.mutable_recipe()->set_name("s4");
    run.mutable_recipe()->mutable_optimizer()->mutable_sgd()->set_learning_rate(learning_rate);
    run.set_last_sequence(2);
    return run;
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

  void PlanNothing() { trainctl_.server.streams.push_back({.responses = {Response({}, 2)}}); }

  TrainctlRunner trainctl_;
};

TEST_F(PlotCommandTest, PictureHasALegendOfWhatDiffers) {
  PlanEpochs();
  PlanEpochs();
  const std::string file = FreshPath("plot.svg");
  ASSERT_EQ(
      trainctl_.Run({"plot", "s4-1", "s4-2", "--metric", "eval_loss", "--x", "epoch", "-o", file}),
      0)
      << trainctl_.err;
  const std::string picture = FileContent(file);
  EXPECT_THAT(picture, HasSubstr("<svg"));
  EXPECT_THAT(picture, HasSubstr("learning_rate"));
  EXPECT_THAT(picture, HasSubstr("0.1 (s4-1)"));
  EXPECT_THAT(picture, HasSubstr("0.05 (s4-2)"));
  EXPECT_THAT(picture, HasSubstr("Mean loss on the evaluation split"));
  EXPECT_THAT(picture, HasSubstr("Epoch"));
}

TEST_F(PlotCommandTest, SeveralFiguresShareAnAxisWithTheirUnit) {
  PlanEpochs();
  const std::string file = FreshPath("several.svg");
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "--metric", "train_seconds,eval_seconds", "-o", file}),
            0)
      << trainctl_.err;
  EXPECT_THAT(FileContent(file), HasSubstr("train_seconds, eval_seconds [s]"));
}

TEST_F(PlotCommandTest, PngIsAPng) {
  PlanEpochs();
  const std::string file = FreshPath("plot.png");
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "--metric", "accuracy", "-o", file}), 0)
      << trainctl_.err;
  EXPECT_THAT(FileContent(file), StartsWith("\x89PNG"));
}

TEST_F(PlotCommandTest, WithoutAFileItIsDrawnInTheTerminal) {
  PlanEpochs();
  trainctl_.terminal.columns = [] { return 61; };
  trainctl_.terminal.rows = [] { return 20; };
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "--metric", "accuracy"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("Accuracy on the evaluation split [%]"));
  EXPECT_THAT(trainctl_.out, HasSubstr("s4-1"));
  std::istringstream lines(trainctl_.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 60u) << line;
  EXPECT_LE(count, 19);
}

TEST_F(PlotCommandTest, OnlyEventsThatHaveTheFigureAreAskedFor) {
  PlanEpochs();
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "--metric", "accuracy"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.server.stream_requests.at(0).kinds(),
              ElementsAre(v1::EVENT_KIND_EPOCH_FINISHED));
  EXPECT_GT(trainctl_.server.stream_requests.at(0).max_points(), 0);
  EXPECT_TRUE(trainctl_.server.stream_requests.at(0).no_follow());
}

TEST_F(PlotCommandTest, RunWithoutTheFigureIsLeftOutAndNamed) {
  PlanEpochs();
  PlanNothing();
  const std::string file = FreshPath("left-out.svg");
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "s4-2", "--metric", "eval_loss", "-o", file}), 0);
  EXPECT_EQ(trainctl_.err, "s4-2 has told no eval_loss yet\n");
  EXPECT_THAT(FileContent(file), Not(HasSubstr("(s4-2)")));
}

TEST_F(PlotCommandTest, UnknownFigureIsRefusedWithTheNamesThereAre) {
  PlanEpochs();
  const std::string file = FreshPath("unknown.svg");
  EXPECT_EQ(trainctl_.Run({"plot", "s4-1", "--metric", "acuracy", "-o", file}), 1);
  EXPECT_THAT(trainctl_.err,
              HasSubstr("NOT_FOUND: no run has told a `acuracy` yet; metrics are: loss, "));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(PlotCommandTest, EachRunGetsAPictureOfItsOwn) {
  PlanEpochs();
  PlanEpochs();
  const std::string file = FreshPath("own.svg");
  ASSERT_EQ(trainctl_.Run({"plot", "s4-1", "s4-2", "--metric", "eval_loss", "--each", "-o", file}),
            0)
      << trainctl_.err;
  const std::string stem = file.substr(0, file.size() - 4);
  EXPECT_THAT(FileContent(stem + "-s4-1.svg"), HasSubstr("s4-1"));
  EXPECT_THAT(FileContent(stem + "-s4-2.svg"), HasSubstr("s4-2"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(PlotCommandTest, OtherEndingIsBadUsageBeforeAnyCall) {
  EXPECT_EQ(trainctl_.Run({"plot", "s4-1", "-o", "loss.pdf"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("ends with .svg or .png, got `loss.pdf`"));
  EXPECT_TRUE(trainctl_.server.request_ids.empty());
}

TEST_F(PlotCommandTest, UnknownRunIsNotFound) {
  EXPECT_EQ(trainctl_.Run({"plot", "s4-9"}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: NOT_FOUND: no run s4-9\n");
}

}  // namespace
}  // namespace traind
