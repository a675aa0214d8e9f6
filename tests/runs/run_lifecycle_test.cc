// What users and the server itself do to a run: cancel, list, drain, restart.

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunLifecycleTest : public RunServiceFixture {
 protected:
  absl::StatusOr<v1::Run> Cancel(const std::string& run_id, bool force = false) {
    v1::CancelRunRequest request;
    request.set_run_id(run_id);
    request.set_force(force);
    return service_->Cancel(request);
  }
  std::vector<std::string> List(int page_size, const std::string& token, std::string* next) {
    v1::ListRunsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    const absl::StatusOr<v1::ListRunsResponse> response = service_->List(request);
    EXPECT_OK(response);
    std::vector<std::string> ids;
    for (const v1::Run& run : response->runs()) ids.push_back(run.id());
    *next = response->next_page_token();
    return ids;
  }
};

TEST_F(RunLifecycleTest, AQueuedRunIsCancelledAtOnce) {
  Start();
  const v1::Run queued = Start();
  EXPECT_EQ(Cancel(queued.id())->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(launcher_.stopped, IsEmpty());
}

TEST_F(RunLifecycleTest, ARunningRunIsAskedToStopAndThenCancelled) {
  const AttemptKey attempt = StartRunning();
  EXPECT_EQ(Cancel(attempt.run_id)->state(), v1::RUN_STATE_STOPPING);
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1"));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_STOPPED)));
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(RunLifecycleTest, CancellingTwiceAsksTheWorkerOnce) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id));
  EXPECT_EQ(Cancel(attempt.run_id)->state(), v1::RUN_STATE_STOPPING);
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1"));
}

TEST_F(RunLifecycleTest, AWorkerEndedByForceAfterACancelCancelsTheRun) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id));
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(RunLifecycleTest, AKillWorksAtOnceAndTheSlotFollowsTheProcess) {
  const AttemptKey attempt = StartRunning();
  const v1::Run second = Start();
  EXPECT_EQ(Cancel(attempt.run_id, /*force=*/true)->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(launcher_.killed, ElementsAre("tiny-1/1"));
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_QUEUED);
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunLifecycleTest, ARunThatWaitsForItsRetryCanBeCancelled) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_max_retries(1);
  const AttemptKey attempt{service_->Start(request)->id(), 1};
  ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  worker::v1::Finished finished = Finished(worker::v1::OUTCOME_FAILED);
  finished.mutable_error()->set_failure_class(v1::FAILURE_CLASS_SYSTEM);
  ASSERT_OK(service_->OnWorkerFinished(attempt, finished));
  ASSERT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_QUEUED);
  EXPECT_EQ(Cancel(attempt.run_id)->state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(RunLifecycleTest, ARunThatHasEndedCannotBeCancelled) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id, /*force=*/true));
  EXPECT_THAT(Cancel(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "has ended already: CANCELLED"));
}

TEST_F(RunLifecycleTest, AnUnknownRunIsNotFound) {
  EXPECT_THAT(service_->Get("tiny-9"), StatusIs(absl::StatusCode::kNotFound, "tiny-9"));
  EXPECT_THAT(Cancel("tiny-9"), StatusIs(absl::StatusCode::kNotFound, "tiny-9"));
}

TEST_F(RunLifecycleTest, PagesHoldEveryRunOnceNewestFirst) {
  for (int i = 0; i < 5; ++i) Start();
  std::string next;
  EXPECT_THAT(List(2, "", &next), ElementsAre("tiny-5", "tiny-4"));
  EXPECT_THAT(List(2, next, &next), ElementsAre("tiny-3", "tiny-2"));
  EXPECT_THAT(List(2, next, &next), ElementsAre("tiny-1"));
  EXPECT_EQ(next, "");
}

TEST_F(RunLifecycleTest, BadPagesAreRefused) {
  v1::ListRunsRequest request;
  request.set_page_size(-1);
  EXPECT_THAT(service_->List(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "page_size: expected 0 to 1000"));
  request.set_page_size(1);
  request.set_page_token("nonsense");
  EXPECT_THAT(service_->List(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "next_page_token"));
}

TEST_F(RunLifecycleTest, RunsInFlightGoOnAfterARestartAtNoCostToTheirBudget) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  const v1::Run waiting = Start();
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_EQ(launcher_.launched.back(), "tiny-1/2");
  EXPECT_EQ(Get(waiting.id()).state(), v1::RUN_STATE_QUEUED);
  const AttemptKey second{"tiny-1", 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  const size_t before = Events("tiny-1").size();
  ASSERT_OK(service_->OnWorkerEvents(second, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  EXPECT_EQ(Events("tiny-1").size(), before);
  ASSERT_OK(service_->OnWorkerFinished(second, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_THAT(publisher_.published, ElementsAre("epoch-00001"));
}

TEST_F(RunLifecycleTest, ADrainStopsWorkersAndKeepsTheirRunsInFlight) {
  const AttemptKey attempt = StartRunning();
  service_->Drain(absl::Seconds(5));
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-1/1"));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_STOPPED)));
  EXPECT_FALSE(service_->WaitForWorkers(absl::InfinitePast()));
  service_->OnWorkerExited(attempt, "exited with code 0");
  EXPECT_TRUE(service_->WaitForWorkers(absl::InfinitePast()));
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_RUNNING);
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunLifecycleTest, ARunThatWasBeingCancelledIsCancelledAfterARestart) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(Cancel(attempt.run_id));
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_EQ(Get(attempt.run_id).state(), v1::RUN_STATE_CANCELLED);
}

}  // namespace
}  // namespace traind
