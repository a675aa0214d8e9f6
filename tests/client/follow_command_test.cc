#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

// `logs` and `wait`.
namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class FollowCommandTest : public testing::Test {
 protected:
  TrainctlRunner trainctl_;
};

TEST_F(FollowCommandTest, LogsPrintsWhatThereIsAndSucceeds) {
  trainctl_.PlanRun(v1::RUN_STATE_FAILED);
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("Epoch:  1\n"));
  EXPECT_TRUE(trainctl_.server.stream_requests.at(0).no_follow());
}

TEST_F(FollowCommandTest, LogsFollowHasTheExitCodeOfTheRun) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(trainctl_.Run({"logs", "-f", "s4-1"}), 0);
  trainctl_.PlanRun(v1::RUN_STATE_FAILED);
  EXPECT_EQ(trainctl_.Run({"logs", "-f", "s4-1"}), 1);
  EXPECT_FALSE(trainctl_.server.stream_requests.at(0).no_follow());
}

TEST_F(FollowCommandTest, LogsAfterStartsAtTheCursor) {
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(42, "hello")})}}};
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--after", "41"}), 0);
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).after_sequence(), 41);
  EXPECT_EQ(trainctl_.err, "s4-1 hello\n");
}

TEST_F(FollowCommandTest, LogsTailIsTheLastEvents) {
  trainctl_.server.run.set_last_sequence(50);
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(50, "hello")})}}};
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--tail", "1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).after_sequence(), 49);
}

TEST_F(FollowCommandTest, LogsTailNeverGoesBeforeTheOldestEventThatIsKept) {
  trainctl_.server.run.set_last_sequence(50);
  trainctl_.server.run.set_first_sequence(31);
  trainctl_.server.streams = {{}, {}};
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--tail", "1000"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).after_sequence(), 30);
  EXPECT_EQ(trainctl_.server.stream_requests.at(1).after_sequence(), 30);
}

TEST_F(FollowCommandTest, LogsSinceIsATimeOrHowLongAgo) {
  trainctl_.server.streams = {{}, {}};
  const int64_t now = absl::ToUnixSeconds(trainctl_.waiter.Now());
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--since", "10m"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--since", "2023-11-14T22:13:20Z"}), 0);
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).since_time().seconds(), now - 600);
  EXPECT_EQ(trainctl_.server.stream_requests.at(1).since_time().seconds(), 1'700'000'000);
}

TEST_F(FollowCommandTest, LogsOfKindsHaveAnEventALine) {
  v1::Event step;
  step.set_sequence(7);
  step.mutable_train_step()->set_step(100);
  trainctl_.server.streams = {{.responses = {Response({step, SucceededEvent(8)})}}};
  EXPECT_EQ(trainctl_.Run({"logs", "s4-1", "--kinds", "train_step,checkpoint_written"}), 0)
      << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "7 1970-01-01 00:00:00 train_step step: 100\n");
  EXPECT_THAT(trainctl_.server.stream_requests.at(0).kinds(),
              ElementsAre(v1::EVENT_KIND_TRAIN_STEP, v1::EVENT_KIND_CHECKPOINT_WRITTEN));
}

TEST_F(FollowCommandTest, PauseIsNotedAndNotTheEnd) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  trainctl_.server.streams = {
      {.responses = {Response({StateEvent(1, v1::RUN_STATE_PAUSING, v1::RUN_STATE_PAUSED,
                                          "paused at step 5000")}),
                     Response({StateEvent(2, v1::RUN_STATE_PAUSED, v1::RUN_STATE_QUEUED, "resumed"),
                               SucceededEvent(3)})}}};
  EXPECT_EQ(trainctl_.Run({"logs", "-f", "s4-1"}), 0);
  EXPECT_EQ(trainctl_.err,
            "s4-1 PAUSED: paused at step 5000\ns4-1 QUEUED: resumed\ns4-1 SUCCEEDED\n");
}

TEST_F(FollowCommandTest, WaitGoesOnThroughAPause) {
  trainctl_.server.run.set_state(v1::RUN_STATE_PAUSED);
  trainctl_.server.run.set_last_sequence(5);
  trainctl_.server.streams = {
      {.responses = {Response({StateEvent(5, v1::RUN_STATE_PAUSING, v1::RUN_STATE_PAUSED)})}},
      {.responses = {Response({SucceededEvent(6)})}}};
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1"}), 0) << trainctl_.err;
}

TEST_F(FollowCommandTest, LogsFollowDetachesOnCtrlC) {
  trainctl_.server.streams = {{.hang = true, .written = [this] { trainctl_.stop.request_stop(); }}};
  EXPECT_EQ(trainctl_.Run({"logs", "-f", "s4-1"}), 130);
  EXPECT_THAT(trainctl_.err, HasSubstr("detached"));
}

TEST_F(FollowCommandTest, UnknownRunIsNotFoundAtOnce) {
  EXPECT_EQ(trainctl_.Run({"logs", "-f", "s4-9"}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: NOT_FOUND: no run s4-9\n");
  EXPECT_EQ(trainctl_.Run({"wait", "s4-9"}), 1);
}

TEST_F(FollowCommandTest, WaitIsSilentAndHasTheExitCodeOfTheRun) {
  trainctl_.server.run.set_state(v1::RUN_STATE_SUCCEEDED);
  trainctl_.server.run.set_last_sequence(9);
  trainctl_.server.streams = {{.responses = {Response({SucceededEvent(9)})}}};
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "");
  trainctl_.server.streams = {
      {.responses = {Response({StateEvent(9, v1::RUN_STATE_STOPPING, v1::RUN_STATE_CANCELLED)})}}};
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1"}), 1);
}

TEST_F(FollowCommandTest, WaitSurvivesARestartOfTheServer) {
  trainctl_.server.streams = {{.end = grpc::Status(grpc::UNAVAILABLE, "shutting down")},
                              {},
                              {.responses = {Response({SucceededEvent(1)})}}};
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1"}), 0) << trainctl_.err;
}

TEST_F(FollowCommandTest, WaitWithJsonPrintsTheRun) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  trainctl_.server.run.set_last_sequence(1);
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1", "--json"}), 0);
  const nlohmann::json run = nlohmann::json::parse(trainctl_.out);
  EXPECT_EQ(run["id"], "s4-1");
  EXPECT_EQ(run["published_version"], "0");
}

TEST_F(FollowCommandTest, GivingUpIsAnErrorAndNotTheEndOfTheRun) {
  trainctl_.server.failures["StreamMetrics"] =
      std::deque<grpc::Status>(1000, grpc::Status(grpc::UNAVAILABLE, "away"));
  EXPECT_EQ(trainctl_.Run({"wait", "s4-1"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("trainctl: UNAVAILABLE: gave up following run s4-1"));
}

}  // namespace
}  // namespace traind
