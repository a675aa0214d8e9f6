#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

// `pause`, `resume`, `cancel`, `kill` and `delete`.
namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RunControlCommandTest : public testing::Test {
 protected:
  TrainctlRunner trainctl_;
};

TEST_F(RunControlCommandTest, PausePrintsTheState) {
  trainctl_.server.run.set_state(v1::RUN_STATE_PAUSING);
  EXPECT_EQ(trainctl_.Run({"pause", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4-1 PAUSING\n");
  EXPECT_THAT(trainctl_.server.pauses, ElementsAre("s4-1"));
}

TEST_F(RunControlCommandTest, PauseWithJsonPrintsTheRun) {
  trainctl_.server.run.set_state(v1::RUN_STATE_PAUSED);
  EXPECT_EQ(trainctl_.Run({"pause", "s4-1", "--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["state"], "RUN_STATE_PAUSED");
}

TEST_F(RunControlCommandTest, ResumePrintsTheState) {
  trainctl_.server.run.set_state(v1::RUN_STATE_QUEUED);
  EXPECT_EQ(trainctl_.Run({"resume", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4-1 QUEUED\n");
  EXPECT_THAT(trainctl_.server.resumes, ElementsAre("s4-1"));
  EXPECT_THAT(trainctl_.server.stream_requests, IsEmpty());
}

TEST_F(RunControlCommandTest, ResumeOfARunThatIsNotPausedIsTold) {
  trainctl_.server.failures["ResumeRun"] = {
      grpc::Status(grpc::FAILED_PRECONDITION, "run s4-1 is RUNNING")};
  EXPECT_EQ(trainctl_.Run({"resume", "s4-1", "-f"}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: FAILED_PRECONDITION: run s4-1 is RUNNING\n");
}

TEST_F(RunControlCommandTest, ResumeFollowsTheLogFromWhereTheRunWasPaused) {
  trainctl_.PlanRun(v1::RUN_STATE_SUCCEEDED);
  trainctl_.server.run.set_last_sequence(41);
  trainctl_.server.streams = {
      {.responses = {Response(
           {EpochEvent(42, FinishedEpoch(7, 0.5f, 938, 20, 0.0772, 9779)), SucceededEvent(43)})}}};
  EXPECT_EQ(trainctl_.Run({"resume", "s4-1", "-f"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).after_sequence(), 41);
  EXPECT_EQ(trainctl_.out,
            "Epoch:  7\n"
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [00:20<00:00, 46.90it/s]\n"
            "\n"
            "Test set: Average loss: 0.0772, Accuracy: 9779/10000 (97.79%)\n");
  EXPECT_EQ(trainctl_.err, "resumed run s4-1 (Ctrl-C detaches, the run goes on)\ns4-1 SUCCEEDED\n");
}

TEST_F(RunControlCommandTest, CancelPrintsTheStateAndPassesForceOn) {
  trainctl_.server.run.set_state(v1::RUN_STATE_STOPPING);
  EXPECT_EQ(trainctl_.Run({"cancel", "s4-1", "--force"}), 0);
  EXPECT_EQ(trainctl_.out, "s4-1 STOPPING\n");
  EXPECT_EQ(trainctl_.server.cancels.at(0).run_id(), "s4-1");
  EXPECT_TRUE(trainctl_.server.cancels.at(0).force());
}

TEST_F(RunControlCommandTest, CancelLeavesTheGraceToTheServerUnlessItIsGiven) {
  EXPECT_EQ(trainctl_.Run({"cancel", "s4-1"}), 0);
  EXPECT_FALSE(trainctl_.server.cancels.at(0).has_grace());
  EXPECT_FALSE(trainctl_.server.cancels.at(0).force());
  EXPECT_EQ(trainctl_.Run({"cancel", "s4-1", "--grace", "1m30s"}), 0);
  EXPECT_EQ(trainctl_.server.cancels.at(1).grace().seconds(), 90);
}

TEST_F(RunControlCommandTest, KillIsACancelByForce) {
  trainctl_.server.run.set_state(v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(trainctl_.Run({"kill", "s4-1"}), 0);
  EXPECT_EQ(trainctl_.out, "s4-1 CANCELLED\n");
  EXPECT_EQ(trainctl_.server.cancels.at(0).run_id(), "s4-1");
  EXPECT_TRUE(trainctl_.server.cancels.at(0).force());
}

TEST_F(RunControlCommandTest, DeleteTellsWhatEachRunHasFreed) {
  trainctl_.server.deletable = {{"s4-1", 1536}, {"s4-2", 5 << 20}};
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4-2"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "s4-1 deleted, 1.5 KiB freed\n"
            "s4-2 deleted, 5.0 MiB freed\n");
  EXPECT_EQ(trainctl_.err, "");
}

TEST_F(RunControlCommandTest, RunThatCannotBeDeletedDoesNotKeepTheOthers) {
  trainctl_.server.deletable = {{"s4-1", 0}, {"s4-3", 1}};
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4-2", "s4-3"}), 1);
  EXPECT_EQ(trainctl_.out, "s4-1 deleted, 0 B freed\ns4-3 deleted, 1 B freed\n");
  EXPECT_EQ(trainctl_.err, "trainctl: NOT_FOUND: no run s4-2\n");
}

TEST_F(RunControlCommandTest, ErrorOfADeleteNamesItsRun) {
  trainctl_.server.failures["DeleteRun"] = {
      grpc::Status(grpc::PERMISSION_DENIED, "no"),
      grpc::Status(grpc::FAILED_PRECONDITION, "run s4-2 is RUNNING")};
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4-2"}), 1);
  EXPECT_EQ(trainctl_.err,
            "trainctl: PERMISSION_DENIED: run s4-1: no\n"
            "trainctl: FAILED_PRECONDITION: run s4-2 is RUNNING\n");
}

TEST_F(RunControlCommandTest, DeleteWithJsonIsOneDocumentOfWhatIsGone) {
  trainctl_.server.deletable = {{"s4-1", 1536}};
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4-2", "--json"}), 1);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out),
            nlohmann::json::parse(R"({"deleted": [{"run_id": "s4-1", "freed_bytes": "1536"}]})"));
}

TEST_F(RunControlCommandTest, DeleteOfAVersionSaysHowManyAreLeft) {
  trainctl_.server.model.add_versions()->set_version(4);
  trainctl_.server.deletable = {{"s4-1", 0}};
  EXPECT_EQ(trainctl_.Run({"delete", "s4@3", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@3 deleted; versions left: 1\ns4-1 deleted, 0 B freed\n");
  ASSERT_THAT(trainctl_.server.version_deletes, SizeIs(1));
  EXPECT_EQ(trainctl_.server.version_deletes[0].model(), "s4");
  EXPECT_EQ(trainctl_.server.version_deletes[0].version(), 3);
  EXPECT_FALSE(trainctl_.server.version_deletes[0].allow_last());
}

TEST_F(RunControlCommandTest, DeleteOfTheLastVersionIsAskedForByItsFlag) {
  EXPECT_EQ(trainctl_.Run({"delete", "s4@3", "--last-version", "--json"}), 0) << trainctl_.err;
  EXPECT_TRUE(trainctl_.server.version_deletes.at(0).allow_last());
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out),
            nlohmann::json::parse(R"({"deleted": [{"model": "s4", "version": "3"}]})"));
}

TEST_F(RunControlCommandTest, DeleteOfAnAliasIsBadUsageAndDeletesNothing) {
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4@production"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("a version such as s4@3, got `s4@production`"));
  EXPECT_THAT(trainctl_.server.deletes, IsEmpty());
}

TEST_F(RunControlCommandTest, InterruptedDeleteLeavesTheRest) {
  trainctl_.stop.request_stop();
  EXPECT_EQ(trainctl_.Run({"delete", "s4-1", "s4-2"}), 130);
  EXPECT_THAT(trainctl_.server.deletes, SizeIs(testing::Le(1)));
  EXPECT_THAT(trainctl_.err, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace traind
