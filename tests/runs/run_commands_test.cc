// What users ask of runs that exist: pause, resume, delete, and a cancel's deadline.

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunCommandsTest : public RunServiceFixture {
 protected:
  absl::StatusOr<v1::Run> Cancel(const std::string& run_id, absl::Duration grace) {
    v1::CancelRunRequest request;
    request.set_run_id(run_id);
    request.mutable_grace()->set_seconds(absl::ToInt64Seconds(grace));
    return service_->Cancel(request);
  }
  void Kill(const std::string& run_id) {
    v1::CancelRunRequest request;
    request.set_run_id(run_id);
    request.set_force(true);
    ASSERT_OK(service_->Cancel(request));
  }
  // A run that was paused after its first epoch.
  AttemptKey StartPaused() {
    const AttemptKey attempt = StartRunning();
    EXPECT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
    EXPECT_OK(service_->Pause(attempt.run_id));
    EXPECT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_STOPPED)));
    service_->OnWorkerExited(attempt, "exited with code 0");
    return attempt;
  }
};

// --- Pause

TEST_F(RunCommandsTest, APauseAsksTheWorkerToStopAndThenGivesUpTheSlot) {
  const AttemptKey attempt = StartRunning();
  const v1::Run second = Start();
  EXPECT_EQ(service_->Pause(attempt.run_id)->state(), v1::RUN_STATE_PAUSING);
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1"));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_STOPPED)));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_PAUSED);
  EXPECT_TRUE(Get(attempt.run_id).attempts(0).has_end_time());
  service_->OnWorkerExited(attempt, "exited with code 0");
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunCommandsTest, PausingTwiceAsksTheWorkerOnce) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->Pause(attempt.run_id));
  EXPECT_EQ(service_->Pause(attempt.run_id)->state(), v1::RUN_STATE_PAUSING);
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1"));
}

TEST_F(RunCommandsTest, AQueuedRunIsHeldBackAtOnce) {
  StartRunning();
  const v1::Run second = Start();
  EXPECT_EQ(service_->Pause(second.id())->state(), v1::RUN_STATE_PAUSED);
  const v1::Run third = Start();
  EXPECT_THAT(Get(third.id()).state_reason(), HasSubstr("position 1"));
}

TEST_F(RunCommandsTest, ARunWhoseWorkerIsJustStartingIsPausedWithoutAHello) {
  const v1::Run run = Start();
  const AttemptKey attempt{run.id(), 1};
  EXPECT_EQ(service_->Pause(run.id())->state(), v1::RUN_STATE_PAUSING);
  EXPECT_THAT(service_->OnWorkerHello(attempt, 4711),
              StatusIs(absl::StatusCode::kFailedPrecondition, "PAUSING to RUNNING"));
  service_->OnWorkerExited(attempt, "exited with code 1");
  EXPECT_EQ(Get(run.id()).state(), v1::RUN_STATE_PAUSED);
}

TEST_F(RunCommandsTest, ARunThatIsDoneWhenThePauseComesSucceeds) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(2, 7), CheckpointWritten(2, true)}));
  ASSERT_OK(service_->Pause(attempt.run_id));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunCommandsTest, AWorkerEndedByForceAfterAPauseLeavesThePausedRunItsOlderCheckpoint) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  ASSERT_OK(service_->Pause(attempt.run_id));
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  const v1::Run run = Get(attempt.run_id);
  EXPECT_EQ(run.state(), v1::RUN_STATE_PAUSED);
  EXPECT_THAT(run.state_reason(), HasSubstr("an earlier one"));
  EXPECT_EQ(run.newest_checkpoint().epoch(), 1);
}

TEST_F(RunCommandsTest, ARunThatIsBeingCancelledCannotBePaused) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id, absl::Seconds(5)));
  EXPECT_THAT(service_->Pause(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "STOPPING to PAUSING"));
}

TEST_F(RunCommandsTest, APausedRunStaysPausedOverARestart) {
  const AttemptKey attempt = StartPaused();
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_PAUSED);
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1"));
}

TEST_F(RunCommandsTest, ARunThatWasBeingPausedIsPausedAfterARestart) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->Pause(attempt.run_id));
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_PAUSED);
}

TEST_F(RunCommandsTest, APausedRunCanBeCancelled) {
  const AttemptKey attempt = StartPaused();
  EXPECT_EQ(Cancel(attempt.run_id, absl::Seconds(5))->state(), v1::RUN_STATE_CANCELLED);
}

// --- Resume

TEST_F(RunCommandsTest, AResumedRunGoesOnWithItsNextAttempt) {
  const AttemptKey attempt = StartPaused();
  EXPECT_EQ(service_->Resume(attempt.run_id)->state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(launcher_.launched.back(), "tiny-1/2");
  const AttemptKey second{attempt.run_id, 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  ASSERT_OK(service_->OnWorkerEvents(second, {EpochFinished(2, 6)}));
  ASSERT_OK(service_->OnWorkerFinished(second, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_THAT(publisher_.published, ElementsAre("epoch-00001"));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunCommandsTest, AResumedRunWaitsBehindThoseThatWaitAlready) {
  const AttemptKey attempt = StartPaused();
  StartRunning();
  Start();
  EXPECT_THAT(service_->Resume(attempt.run_id)->state_reason(), HasSubstr("position 2"));
}

TEST_F(RunCommandsTest, APauseCostsNoRetry) {
  const AttemptKey attempt = StartPaused();
  EXPECT_FALSE(Get(attempt.run_id).attempts(0).lost());
}

TEST_F(RunCommandsTest, OnlyAPausedRunCanBeResumed) {
  const AttemptKey attempt = StartRunning();
  EXPECT_THAT(service_->Resume(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "is RUNNING: expected PAUSED"));
  Kill(attempt.run_id);
  EXPECT_THAT(service_->Resume(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "has ended already: CANCELLED"));
}

TEST_F(RunCommandsTest, AFullQueueTakesNoResumedRun) {
  const AttemptKey attempt = StartPaused();
  limits_.queued_runs_max = 1;
  Restart();
  ASSERT_OK(service_->Reconcile());
  StartRunning();
  Start();
  EXPECT_THAT(service_->Resume(attempt.run_id),
              StatusIs(absl::StatusCode::kResourceExhausted, "the queue is full"));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_PAUSED);
}

TEST_F(RunCommandsTest, NewRunsAreRefusedForAReasonUntilThereIsNone) {
  service_->RefuseNewRuns("over the limit");
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kResourceExhausted, "over the limit"));
  service_->RefuseNewRuns("");
  EXPECT_OK(service_->Start(Request()));
}

// --- Cancel with a deadline

TEST_F(RunCommandsTest, ASecondCancelCanSetAnotherDeadline) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id, absl::Seconds(600)));
  ASSERT_OK(Cancel(attempt.run_id, absl::Seconds(1)));
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1", "tiny-1/1"));
  EXPECT_THAT(launcher_.graces, ElementsAre(absl::Seconds(600), absl::Seconds(1)));
}

TEST_F(RunCommandsTest, ADeadlineOutOfBoundsIsRefused) {
  const AttemptKey attempt = StartRunning();
  EXPECT_THAT(Cancel(attempt.run_id, absl::Hours(2)),
              StatusIs(absl::StatusCode::kInvalidArgument, "grace: expected 0s to 1h, got 2h"));
  EXPECT_THAT(Cancel(attempt.run_id, -absl::Seconds(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "got -1s"));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_RUNNING);
}

// --- Delete

TEST_F(RunCommandsTest, ADeletedRunIsGoneWithItsFiles) {
  const AttemptKey attempt = StartRunning();
  Kill(attempt.run_id);
  service_->OnWorkerExited(attempt, "killed");
  files_.sizes = {{"tiny-1", 1000}, {"tiny-2", 10}};
  const absl::StatusOr<v1::DeleteRunResponse> response = service_->Delete("tiny-1");
  ASSERT_OK(response);
  EXPECT_EQ(response->freed_bytes(), 1000);
  EXPECT_THAT(service_->Get("tiny-1"), StatusIs(absl::StatusCode::kNotFound, "tiny-1"));
  EXPECT_EQ(files_.sizes.size(), 1u);
}

TEST_F(RunCommandsTest, ARunThatIsNotOverIsNotDeleted) {
  const AttemptKey attempt = StartPaused();
  EXPECT_THAT(service_->Delete(attempt.run_id), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                         "is PAUSED: expected one that has "
                                                         "ended; cancel it first"));
  EXPECT_OK(service_->Get(attempt.run_id));
}

TEST_F(RunCommandsTest, ARunIsNotDeletedUnderItsDyingWorker) {
  limits_.worker_exit_wait = absl::ZeroDuration();
  Restart();
  const AttemptKey attempt = StartRunning();
  Kill(attempt.run_id);
  EXPECT_THAT(service_->Delete(attempt.run_id),
              StatusIs(absl::StatusCode::kAborted, "still ending"));
  service_->OnWorkerExited(attempt, "killed");
  EXPECT_OK(service_->Delete(attempt.run_id));
}

TEST_F(RunCommandsTest, FilesThatCannotBeRemovedAreSaidAndSweptAtTheNextStart) {
  const AttemptKey attempt = StartRunning();
  Kill(attempt.run_id);
  service_->OnWorkerExited(attempt, "killed");
  files_.sizes = {{"tiny-1", 1000}};
  files_.status = absl::PermissionDeniedError("cannot remove /runs/tiny-1");
  EXPECT_THAT(service_->Delete("tiny-1"),
              StatusIs(absl::StatusCode::kPermissionDenied, "is deleted, but not its files"));
  files_.status = absl::OkStatus();
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_THAT(files_.sizes, IsEmpty());
}

TEST_F(RunCommandsTest, FilesOfRunsThatAreThereAreNotSwept) {
  const v1::Run run = Start();
  files_.sizes = {{run.id(), 1000}};
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_THAT(files_.sizes, Contains(testing::Pair("tiny-1", 1000)));
}

}  // namespace
}  // namespace traind
