#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class StartCommandTest : public testing::Test {
 protected:
  TrainctlRunner trainctl_;
};

TEST_F(StartCommandTest, FollowsTheRunAndSucceedsWithIt) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "Epoch:  1\n"
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [00:20<00:00, 46.90it/s]\n"
            "\n"
            "Test set: Average loss: 0.0772, Accuracy: 9779/10000 (97.79%)\n");
  EXPECT_THAT(trainctl_.err, HasSubstr("s4-1 SUCCEEDED"));
}

TEST_F(StartCommandTest, SuccessSaysHowToPredict) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  trainctl_.server.run.set_published_version(3);
  trainctl_.server.run.mutable_recipe()->mutable_data()->set_dataset("mnist");
  trainctl_.server.run.mutable_recipe()->mutable_data()->set_eval_split("test");
  *trainctl_.server.run.mutable_best_epoch() = FinishedEpoch(9, 0.5f, 938, 20, 0.0189, 9948);
  trainctl_.server.run.mutable_start_time()->set_seconds(100);
  trainctl_.server.run.mutable_end_time()->set_seconds(292);
  trainctl_.Run({"start", "--model", "s4"});
  EXPECT_THAT(trainctl_.err,
              HasSubstr("s4-1 SUCCEEDED in 3m12s; best epoch 9: accuracy 99.48%, loss 0.0189; "
                        "published s4@3: try `trainctl predict --model s4 --dataset mnist:test "
                        "--index 0..9`\n"));
}

TEST_F(StartCommandTest, FailedRunGivesExitCodeOneAndTheReason) {
  trainctl_.PlanRun(v1::RUN_STATE_FAILED);
  v1::RunError* error = trainctl_.server.run.mutable_error();
  error->set_failure_class(v1::FAILURE_CLASS_USER);
  error->set_step(12);
  error->set_message("the loss is NaN");
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 1);
  EXPECT_THAT(trainctl_.err,
              HasSubstr("trainctl: run s4-1 FAILED (USER) at step 12: the loss is NaN\n"));
}

TEST_F(StartCommandTest, CancelledRunGivesExitCodeOne) {
  trainctl_.PlanRun(v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 1);
}

TEST_F(StartCommandTest, LostConnectionLosesNoLineOfTheLog) {
  const v1::EpochFinished second = FinishedEpoch(2, 0.5f, 938, 20, 0.0548, 9827);
  trainctl_.server.streams = {
      {.responses = {Response({EpochEvent(1, FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779))})},
       .end = grpc::Status(grpc::UNAVAILABLE, "reset")},
      {.responses = {Response({EpochEvent(2, second), SucceededEvent(3)})}}};
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("(97.79%)\n\nEpoch:  2\n"));
  EXPECT_THAT(trainctl_.err, HasSubstr("connection lost"));
}

TEST_F(StartCommandTest, CtrlCDetachesAndSaysHowToComeBack) {
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(1, "hello")})},
                               .hang = true,
                               .written = [this] { trainctl_.stop.request_stop(); }}};
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 130);
  EXPECT_THAT(trainctl_.err, HasSubstr("detached: run s4-1 goes on"));
  EXPECT_THAT(trainctl_.err, HasSubstr("`trainctl logs -f s4-1`"));
  EXPECT_THAT(trainctl_.err, HasSubstr("`trainctl wait s4-1`"));
  EXPECT_THAT(trainctl_.err, HasSubstr("`trainctl cancel s4-1`"));
  EXPECT_THAT(trainctl_.server.cancels, SizeIs(0));
}

TEST_F(StartCommandTest, DetachPrintsTheIdAndReturns) {
  EXPECT_EQ(trainctl_.Run({"start", "-d", "--model", "s4"}), 0);
  EXPECT_EQ(trainctl_.out, "s4-1\n");
  EXPECT_THAT(trainctl_.server.stream_requests, SizeIs(0));
}

TEST_F(StartCommandTest, FlagsReachTheServer) {
  EXPECT_EQ(trainctl_.Run({"start",         "-d",
                           "--model",       "s4",
                           "--set",         "optimizer.sgd.momentum=0.5",
                           "--set",         "description=a=b",
                           "--epochs",      "3",
                           "--seed",        "-7",
                           "--device",      "cuda:1",
                           "--precision",   "bf16",
                           "--step",        "captured",
                           "--threads",     "2",
                           "--priority",    "-1",
                           "--max-retries", "4",
                           "--request-id",  "mine",
                           "--trace"}),
            0)
      << trainctl_.err;
  const v1::StartTrainingRequest& request = trainctl_.server.starts.at(0);
  EXPECT_EQ(request.recipe_name(), "s4");
  EXPECT_EQ(request.request_id(), "mine");
  ASSERT_EQ(request.overrides_size(), 4);
  EXPECT_EQ(request.overrides(0).path(), "optimizer.sgd.momentum");
  EXPECT_EQ(request.overrides(0).value(), "0.5");
  EXPECT_EQ(request.overrides(1).value(), "a=b");
  EXPECT_EQ(request.overrides(2).path(), "epoch_count");
  EXPECT_EQ(request.overrides(2).value(), "3");
  EXPECT_EQ(request.overrides(3).path(), "seed");
  EXPECT_EQ(request.overrides(3).value(), "-7");
  EXPECT_EQ(request.execution().device(), "cuda:1");
  EXPECT_EQ(request.execution().precision(), v1::PRECISION_BF16);
  EXPECT_EQ(request.execution().step(), "captured");
  EXPECT_EQ(request.execution().thread_count(), 2);
  EXPECT_EQ(request.execution().priority(), -1);
  EXPECT_EQ(request.execution().max_retries(), 4);
  EXPECT_TRUE(request.execution().trace());
}

TEST_F(StartCommandTest, RecipeFileIsSentAsText) {
  const std::string path = WriteTestFile("mine.textproto", "name: \"mine\"\n");
  EXPECT_EQ(trainctl_.Run({"start", "-d", "--recipe", path}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.starts.at(0).recipe_text(), "name: \"mine\"\n");
}

TEST_F(StartCommandTest, AbsentRecipeFileIsNamed) {
  EXPECT_EQ(trainctl_.Run({"start", "--recipe", "/nowhere/r.textproto"}), 1);
  EXPECT_THAT(trainctl_.err, StartsWith("trainctl: NOT_FOUND: cannot open recipe /nowhere/"));
}

TEST_F(StartCommandTest, EveryCallGetsItsOwnRequestIdAndARetryKeepsIt) {
  trainctl_.server.failures["StartTraining"] = {grpc::Status(grpc::UNAVAILABLE, "restarting")};
  trainctl_.Run({"start", "-d", "--model", "s4"});
  trainctl_.Run({"start", "-d", "--model", "s4"});
  ASSERT_THAT(trainctl_.server.starts, SizeIs(3));
  EXPECT_EQ(trainctl_.server.starts[0].request_id(), trainctl_.server.starts[1].request_id());
  EXPECT_NE(trainctl_.server.starts[1].request_id(), trainctl_.server.starts[2].request_id());
}

TEST_F(StartCommandTest, JsonPrintsOneEventPerLine) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4", "--json"}), 0);
  std::istringstream lines(trainctl_.out);
  std::string line;
  std::vector<nlohmann::json> events;
  while (std::getline(lines, line)) events.push_back(nlohmann::json::parse(line));
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0]["epoch_finished"]["eval_correct_count"], "9779");
  EXPECT_EQ(events[1]["state_changed"]["to"], "RUN_STATE_SUCCEEDED");
  EXPECT_EQ(trainctl_.err, "");
}

TEST_F(StartCommandTest, ServersErrorIsOneLineWithItsCode) {
  trainctl_.server.failures["StartTraining"] = {
      grpc::Status(grpc::INVALID_ARGUMENT, "bad recipe:\nline 3: expected a number")};
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: INVALID_ARGUMENT: bad recipe:; line 3: expected a number\n");
}

TEST_F(StartCommandTest, TerminalGetsALiveBar) {
  trainctl_.terminal.interactive = true;
  v1::StreamMetricsResponse progress;
  progress.mutable_progress()->set_epoch(1);
  progress.mutable_progress()->set_step_in_epoch(469);
  progress.mutable_progress()->set_step_count(938);
  trainctl_.server.streams = {{.responses = {progress, Response({SucceededEvent(1)})}}};
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("\r\x1b[K"));
  EXPECT_THAT(trainctl_.out, HasSubstr(" 469/938 "));
}

TEST_F(StartCommandTest, PublishNamesThePolicy) {
  for (const auto& [word, policy] : {std::pair("always", v1::PUBLISH_POLICY_ALWAYS),
                                     std::pair("if-better", v1::PUBLISH_POLICY_IF_BETTER),
                                     std::pair("manual", v1::PUBLISH_POLICY_MANUAL)}) {
    EXPECT_EQ(trainctl_.Run({"start", "--model", "s4", "-d", "--publish", word}), 0);
    EXPECT_EQ(trainctl_.server.starts.back().execution().publish(), policy);
  }
  EXPECT_EQ(trainctl_.Run({"start", "--model", "s4", "-d", "--publish", "never"}), 2);
}

}  // namespace
}  // namespace traind
