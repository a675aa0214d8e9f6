#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

// `logs` and `wait`.
namespace traind {
namespace {

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
