// What workers do to a run: attempts that start, report, end, are lost, are late.

#include <optional>

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunAttemptsTest : public RunServiceFixture {
 protected:
  // Without a number: the server's own.
  AttemptKey StartRunningWithRetries(std::optional<int> retries) {
    v1::StartTrainingRequest request = Request();
    request.mutable_execution()->clear_max_retries();
    if (retries) request.mutable_execution()->set_max_retries(*retries);
    const AttemptKey attempt{service_->Start(request)->id(), 1};
    EXPECT_OK(service_->OnWorkerHello(attempt, 4711));
    return attempt;
  }
};

TEST_F(RunAttemptsTest, AHelloMakesTheRunRunningAndHandsOutTheAssignment) {
  const AttemptKey attempt{Start().id(), 1};
  const absl::StatusOr<worker::v1::Assignment> assignment = service_->OnWorkerHello(attempt, 4711);
  ASSERT_OK(assignment);
  EXPECT_EQ(assignment->recipe().name(), "tiny");
  EXPECT_EQ(assignment->execution().thread_count(), 3);
  EXPECT_EQ(assignment->checkpoint_directory(), "/runs/tiny-1/checkpoints");
  EXPECT_EQ(assignment->trace_file(), "/runs/tiny-1/trace");
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(Get("tiny-1").attempts(0).pid(), 4711);
}

TEST_F(RunAttemptsTest, EventsAreNumberedWithoutGapsAndStoredBeforeTheyAreSeen) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  const std::vector<v1::Event> events = Events("tiny-1");
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].sequence(), static_cast<int64_t>(i) + 1);
    EXPECT_EQ(events[i].run_id(), "tiny-1");
  }
  EXPECT_EQ(Get("tiny-1").last_sequence(), static_cast<int64_t>(events.size()));
  EXPECT_EQ(events.back().attempt(), 1);
}

TEST_F(RunAttemptsTest, TheBestEpochIsTheOneTheRecipeSelectsAndTheLaterOnATie) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7)}));
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(2, 7)}));
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(3, 6)}));
  EXPECT_EQ(Get("tiny-1").best_epoch().epoch(), 2);
  EXPECT_EQ(Get("tiny-1").last_epoch().epoch(), 3);
}

TEST_F(RunAttemptsTest, AFinishedRunPublishesItsBestCheckpointAndSucceeds) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 9), CheckpointWritten(1, true),
                                               EpochFinished(2, 8), CheckpointWritten(2, false)}));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_THAT(publisher_.published, ElementsAre("epoch-00001"));
  const v1::Run run = Get("tiny-1");
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(run.published_version(), 1);
  EXPECT_TRUE(run.has_end_time());
  EXPECT_EQ(Events("tiny-1").back().state_changed().to(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunAttemptsTest, ARunThatEndedEarlySucceedsWithItsReason) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 9), CheckpointWritten(1, true)}));
  worker::v1::Finished finished = Finished(worker::v1::OUTCOME_SUCCEEDED);
  finished.set_reason("stopped early after epoch 1");
  ASSERT_OK(service_->OnWorkerFinished(attempt, finished));
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(Get("tiny-1").state_reason(), "stopped early after epoch 1");
  EXPECT_EQ(Events("tiny-1").back().state_changed().reason(), "stopped early after epoch 1");
}

TEST_F(RunAttemptsTest, TheBestEpochOfAnErrorIsTheOneWithTheSmallest) {
  v1::StartTrainingRequest request;
  request.set_recipe_text(R"(
    name: "rows"
    data { rows { inputs: 1 targets: 2 } }
    network {
      input { channels: 1 height: 1 width: 1 }
      layers { flatten {} }
      layers { linear { out_features: 1 } }
    }
    loss { huber {} }
    optimizer { sgd { learning_rate: 0.1 } }
    epoch_count: 3
    batch_size: 1
    selection { metric: SELECTION_METRIC_MEAN_ABSOLUTE_ERROR }
  )");
  const absl::StatusOr<v1::Run> run = service_->Start(request);
  ASSERT_OK(run);
  const AttemptKey attempt{run->id(), 1};
  ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  for (const auto& [epoch, error] : {std::pair(1, 0.5), std::pair(2, 0.25), std::pair(3, 0.75)}) {
    v1::Event event = EpochFinished(epoch, 0);
    v1::MetricValue& metric = *event.mutable_epoch_finished()->add_metrics();
    metric.set_name("mean_absolute_error");
    metric.add_values(error);
    ASSERT_OK(service_->OnWorkerEvents(attempt, {event}));
  }
  EXPECT_EQ(Get(run->id()).best_epoch().epoch(), 2);
}

TEST_F(RunAttemptsTest, ThePublishingFailureIsTheRunsOwn) {
  publisher_.status = absl::ResourceExhaustedError("disk full");
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {CheckpointWritten(1, true)}));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(Get("tiny-1").error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
}

TEST_F(RunAttemptsTest, TheSlotIsFreeOnlyWhenTheProcessIsGone) {
  const AttemptKey attempt = StartRunning();
  const v1::Run second = Start();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {CheckpointWritten(1, true)}));
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_QUEUED);
  service_->OnWorkerExited(attempt, "exited with code 0");
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunAttemptsTest, AUserFailureKeepsItsClassMessageAndStep) {
  const AttemptKey attempt = StartRunningWithRetries(3);
  worker::v1::Finished finished = Finished(worker::v1::OUTCOME_FAILED);
  finished.mutable_error()->set_failure_class(v1::FAILURE_CLASS_USER);
  finished.mutable_error()->set_message("loss is nan at step 17");
  finished.mutable_error()->set_step(17);
  ASSERT_OK(service_->OnWorkerFinished(attempt, finished));
  const v1::Run run = Get("tiny-1");
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_EQ(run.error().step(), 17);
  EXPECT_EQ(Events("tiny-1").back().state_changed().error().message(), "loss is nan at step 17");
}

TEST_F(RunAttemptsTest, AKilledWorkerWithoutRetriesFailsTheRunWithClassSystem) {
  const AttemptKey attempt = StartRunning();
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  const v1::Run run = Get("tiny-1");
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error().failure_class(), v1::FAILURE_CLASS_SYSTEM);
  EXPECT_THAT(run.error().message(), HasSubstr("worker killed by signal 9 (SIGKILL)"));
  EXPECT_TRUE(run.attempts(0).lost());
}

TEST_F(RunAttemptsTest, ALostAttemptIsRetriedWithinTheBudgetAndNoFurther) {
  const AttemptKey first = StartRunningWithRetries(1);
  service_->OnWorkerExited(first, "killed by signal 9 (SIGKILL)");
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1", "tiny-1/2"));
  const AttemptKey second{"tiny-1", 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  service_->OnWorkerExited(second, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(Get("tiny-1").error().message(), HasSubstr("retry budget of 1 is used up"));
}

TEST_F(RunAttemptsTest, AnAttemptIsTriedThreeTimesMoreByDefaultEachTimeLater) {
  AttemptKey attempt = StartRunningWithRetries(std::nullopt);
  const std::vector<absl::Duration> delays = {absl::ZeroDuration(), absl::Seconds(2),
                                              absl::Seconds(4)};
  for (const absl::Duration delay : delays) {
    service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
    ++attempt.attempt;
    if (delay > absl::ZeroDuration()) {
      EXPECT_THAT(Get("tiny-1").state_reason(), HasSubstr("in " + absl::FormatDuration(delay)));
      clock_.Advance(delay - absl::Milliseconds(1));
      service_->Tick();
      EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_QUEUED);
      clock_.Advance(absl::Milliseconds(1));
      service_->Tick();
    }
    ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  }
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_FAILED);
}

TEST_F(RunAttemptsTest, ARunThatWaitsForItsRetryLeavesItsSlotToOthers) {
  AttemptKey attempt = StartRunningWithRetries(2);
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  attempt.attempt = 2;
  ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  const v1::Run second = Start();
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_QUEUED);
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunAttemptsTest, ARetryThatComputesOtherFiguresIsToldOnce) {
  const AttemptKey first = StartRunningWithRetries(1);
  ASSERT_OK(service_->OnWorkerEvents(first, {EpochFinished(1, 7), EpochFinished(2, 8)}));
  service_->OnWorkerExited(first, "killed by signal 9 (SIGKILL)");
  const AttemptKey second{"tiny-1", 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  const size_t before = Events("tiny-1").size();
  ASSERT_OK(service_->OnWorkerEvents(second, {EpochFinished(1, 6), EpochFinished(2, 9)}));
  const std::vector<v1::Event> events = Events("tiny-1");
  ASSERT_EQ(events.size(), before + 1);
  EXPECT_EQ(events.back().message().severity(), v1::SEVERITY_WARNING);
  EXPECT_THAT(events.back().message().text(),
              HasSubstr("attempt 2 does not repeat the earlier figures bit for bit"));
}

TEST_F(RunAttemptsTest, ARetryRepeatsNoStoredEvent) {
  const AttemptKey first = StartRunningWithRetries(1);
  ASSERT_OK(service_->OnWorkerEvents(first, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  service_->OnWorkerExited(first, "killed by signal 9 (SIGKILL)");
  const AttemptKey second{"tiny-1", 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  const size_t before = Events("tiny-1").size();
  ASSERT_OK(service_->OnWorkerEvents(second, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  EXPECT_EQ(Events("tiny-1").size(), before);
  ASSERT_OK(service_->OnWorkerEvents(second, {EpochFinished(2, 8)}));
  EXPECT_EQ(Events("tiny-1").size(), before + 1);
  EXPECT_EQ(Events("tiny-1").back().attempt(), 2);
}

TEST_F(RunAttemptsTest, AStaleAttemptIsRefusedEverywhere) {
  const AttemptKey first = StartRunningWithRetries(1);
  service_->OnWorkerExited(first, "killed by signal 9 (SIGKILL)");
  const auto is_stale = StatusIs(absl::StatusCode::kFailedPrecondition, "tiny-1/1 is stale");
  EXPECT_THAT(service_->OnWorkerHello(first, 1), is_stale);
  EXPECT_THAT(service_->OnWorkerEvents(first, {EpochFinished(1, 7)}), is_stale);
  EXPECT_THAT(service_->OnWorkerFinished(first, Finished(worker::v1::OUTCOME_SUCCEEDED)), is_stale);
}

TEST_F(RunAttemptsTest, AWorkerMayNotWriteTheServersEvents) {
  const AttemptKey attempt = StartRunning();
  v1::Event forged;
  forged.mutable_state_changed()->set_to(v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(service_->OnWorkerEvents(attempt, {forged}),
              StatusIs(absl::StatusCode::kInvalidArgument, "only the server"));
}

TEST_F(RunAttemptsTest, AWorkerThatCannotBeStartedFailsTheRun) {
  launcher_.launch_status = absl::NotFoundError("no such file: traind-worker");
  const v1::Run run = Start();
  EXPECT_EQ(Get(run.id()).state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(Get(run.id()).error().message(), HasSubstr("no such file: traind-worker"));
}

TEST_F(RunAttemptsTest, AWorkerThatSaysNoHelloInTimeIsKilledAndTheReasonKept) {
  const AttemptKey attempt{Start().id(), 1};
  clock_.Advance(limits_.worker_start_timeout);
  service_->Tick();
  EXPECT_THAT(launcher_.killed, IsEmpty());
  clock_.Advance(absl::Seconds(1));
  service_->Tick();
  service_->Tick();
  EXPECT_THAT(launcher_.killed, ElementsAre("tiny-1/1"));
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_THAT(Get("tiny-1").error().message(), HasSubstr("did not say hello within"));
}

TEST_F(RunAttemptsTest, ASilentWorkerIsKilledAndOneWithAHeartbeatIsNot) {
  const AttemptKey attempt = StartRunning();
  clock_.Advance(limits_.worker_silence_timeout);
  service_->OnWorkerHeartbeat(attempt);
  clock_.Advance(absl::Seconds(1));
  service_->Tick();
  EXPECT_THAT(launcher_.killed, IsEmpty());
  clock_.Advance(limits_.worker_silence_timeout);
  service_->Tick();
  EXPECT_THAT(launcher_.killed, ElementsAre("tiny-1/1"));
}

TEST_F(RunAttemptsTest, ProgressIsShownButNeverStored) {
  const AttemptKey attempt = StartRunning();
  const size_t before = Events("tiny-1").size();
  v1::Progress progress;
  progress.set_step_in_epoch(3);
  progress.set_step_count(4);
  service_->OnWorkerProgress(attempt, progress);
  EXPECT_EQ(Get("tiny-1").progress().step_in_epoch(), 3);
  EXPECT_EQ(Events("tiny-1").size(), before);
  EXPECT_FALSE(store_.Get("tiny-1")->has_progress());
}

}  // namespace
}  // namespace traind
