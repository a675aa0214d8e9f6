#include "gmock/gmock.h"
#include "tests/sweeps/sweep_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using worker::v1::OUTCOME_STOPPED;
using worker::v1::OUTCOME_SUCCEEDED;

// A server that ends at any point goes on where it was.
class SweepRestartTest : public SweepFixture {};

TEST_F(SweepRestartTest, ASweepGoesOnInTheMiddle) {
  v1::CreateSweepRequest request = GridRequest({"0.1", "0.2", "0.3"});
  request.set_parallelism(1);
  const std::string sweep_id = Create(request);
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  RestartAll();
  sweeps_->Advance();
  Train("tiny-2", 1, 2, 6, OUTCOME_SUCCEEDED);
  Train("tiny-3", 1, 2, 4, OUTCOME_SUCCEEDED);
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_SUCCEEDED);
  EXPECT_EQ(sweep.best_run_id(), "tiny-2");
  EXPECT_THAT(RunIds(sweep_id), ElementsAre("tiny-3", "tiny-2", "tiny-1"));
}

TEST_F(SweepRestartTest, ARunWhoseStartTheSweepCouldNotStoreIsNotStartedTwice) {
  ASSERT_OK(sweeps_->Create(GridRequest({"0.1", "0.2"})));
  sweep_store_.FailWritesWith(absl::ResourceExhaustedError("disk full"));
  sweeps_->Advance();
  EXPECT_EQ(GetSweep("tiny-sweep-1").points(0).run_id(), "");
  sweep_store_.FailWritesWith(absl::OkStatus());
  RestartAll();
  sweeps_->Advance();
  EXPECT_THAT(RunIds("tiny-sweep-1"), ElementsAre("tiny-2", "tiny-1"));
  EXPECT_EQ(GetSweep("tiny-sweep-1").points(0).run_id(), "tiny-1");
}

TEST_F(SweepRestartTest, WhatTheStoreCouldNotTakeIsDoneAgainWithoutARestart) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  sweep_store_.FailWritesWith(absl::ResourceExhaustedError("disk full"));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_RUNNING);
  sweep_store_.FailWritesWith(absl::OkStatus());
  sweeps_->Advance();
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_SUCCEEDED);
}

TEST_F(SweepRestartTest, ARunThatEndedUnseenIsSeenByTheNextServer) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  ASSERT_OK(service_->OnWorkerHello({"tiny-1", 1}, 4711));
  ASSERT_OK(service_->OnWorkerEvents({"tiny-1", 1}, {Epoch(1, 5), CheckpointWritten(1, true)}));
  ASSERT_OK(service_->OnWorkerFinished({"tiny-1", 1}, Finished(OUTCOME_SUCCEEDED)));
  RestartAll();
  sweeps_->Advance();
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_SUCCEEDED);
}

TEST_F(SweepRestartTest, APromotionThatWasStoredButNotDoneIsDone) {
  Create(HalvingRequest({"0.1", "0.2"}));
  Train("tiny-1", 1, 1, 5, OUTCOME_STOPPED);
  // The queue takes no run that goes on: the promotion is stored and no more.
  const AttemptKey attempt = NewestAttempt("tiny-2");
  ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  ASSERT_OK(service_->OnWorkerEvents(attempt, {Epoch(1, 7), CheckpointWritten(1, true)}));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(OUTCOME_STOPPED)));
  service_->OnWorkerExited(attempt, "exited with code 0");
  service_->RefuseNewRuns("full");
  sweeps_->Advance();
  EXPECT_EQ(Get("tiny-2").state(), v1::RUN_STATE_PAUSED);
  EXPECT_EQ(sweep_store_.Get("tiny-sweep-1")->points(1).rung(), 1);
  RestartAll();
  sweeps_->Advance();
  EXPECT_EQ(Get("tiny-2").pause_after_epoch(), 2);
  EXPECT_EQ(Get("tiny-2").state(), v1::RUN_STATE_STARTING);
}

TEST_F(SweepRestartTest, RunsOfASweepThatWasCancelledBeforeTheyWereAreCancelledLater) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  v1::Sweep cancelled = *sweep_store_.Get(sweep_id);
  cancelled.set_state(v1::SWEEP_STATE_CANCELLED);
  ASSERT_OK(sweep_store_.Update(cancelled));
  RestartAll();
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_STOPPING);
}

TEST_F(SweepRestartTest, AHalvingSweepThatIsResumedKnowsItsRungs) {
  const std::string sweep_id = Create(HalvingRequest({"0.1", "0.2"}));
  Train("tiny-1", 1, 1, 5, OUTCOME_STOPPED);
  ASSERT_OK(sweeps_->Cancel(sweep_id));
  service_->OnWorkerExited({"tiny-2", 1}, "exited with code 0");
  sweeps_->Advance();
  RestartAll();
  ASSERT_OK(sweeps_->Resume(sweep_id));
  sweeps_->Advance();
  // Point 1 waits at its rung, without a run; point 2 begins anew.
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_THAT(sweep.points(0).rung_values(), ElementsAre(0.5));
  EXPECT_EQ(sweep.points(0).run_id(), "");
  EXPECT_EQ(sweep.points(1).run_id(), "tiny-3");
}

}  // namespace
}  // namespace traind
