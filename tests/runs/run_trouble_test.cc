// What runs meet when the machine does not do as it should: a full disk, a clock
// that is set, a store that cannot write, histories without end.

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Status kDiskFull = absl::ResourceExhaustedError("runs.sqlite: disk full");

class RunTroubleTest : public RunServiceFixture {
 protected:
  static v1::Event TrainStep(int64_t step) {
    v1::Event event;
    event.mutable_train_step()->set_step(step);
    event.mutable_train_step()->set_epoch(1);
    return event;
  }
};

// --- A full disk

TEST_F(RunTroubleTest, AFullDiskFailsTheRunAndTheReserveLetsThatBeStored) {
  const AttemptKey attempt = StartRunning();
  store_.FailWritesWith(kDiskFull);
  EXPECT_THAT(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7)}),
              StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
  EXPECT_FALSE(reserve_.held);
  const v1::Run run = *store_.Get(attempt.run_id);
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
  EXPECT_THAT(run.error().message(), HasSubstr("disk full"));
  EXPECT_EQ(run.epochs_finished(), 0);
}

TEST_F(RunTroubleTest, ARunThatFailedForTheDiskIsNotTriedAgain) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_max_retries(3);
  const AttemptKey attempt{service_->Start(request)->id(), 1};
  ASSERT_OK(service_->OnWorkerHello(attempt, 4711));
  store_.FailWritesWith(kDiskFull);
  ASSERT_FALSE(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7)}).ok());
  service_->OnWorkerExited(attempt, "exited with code 1");
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1"));
}

TEST_F(RunTroubleTest, AnEndThatTheStoreCannotTakeIsSettledOnceItCan) {
  reserve_.held = false;
  const AttemptKey attempt = StartRunning();
  store_.FailWritesWith(kDiskFull);
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(store_.Get(attempt.run_id)->state(), v1::RUN_STATE_RUNNING);
  service_->Tick();
  EXPECT_EQ(store_.Get(attempt.run_id)->state(), v1::RUN_STATE_RUNNING);
  store_.FailWritesWith(absl::OkStatus());
  service_->Tick();
  EXPECT_EQ(store_.Get(attempt.run_id)->state(), v1::RUN_STATE_FAILED);
}

TEST_F(RunTroubleTest, AFailureForTheDiskThatCannotBeStoredIsNotForgotten) {
  reserve_.held = false;
  const AttemptKey attempt = StartRunning();
  store_.FailWritesWith(kDiskFull);
  ASSERT_FALSE(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7)}).ok());
  service_->OnWorkerExited(attempt, "exited with code 1");
  store_.FailWritesWith(absl::OkStatus());
  service_->Tick();
  EXPECT_EQ(store_.Get(attempt.run_id)->state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(store_.Get(attempt.run_id)->error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
}

TEST_F(RunTroubleTest, ARunThatCannotBeStoredIsNotAccepted) {
  store_.FailWritesWith(kDiskFull);
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
  store_.FailWritesWith(absl::OkStatus());
  EXPECT_EQ(Start().id(), "tiny-1");
}

// --- A clock that is set

TEST_F(RunTroubleTest, AClockSetForwardGivesUpNoWorker) {
  const AttemptKey attempt = StartRunning();
  clock_.SetBack(-absl::Hours(24));
  service_->Tick();
  EXPECT_THAT(launcher_.killed, IsEmpty());
  clock_.Advance(limits_.worker_silence_timeout + absl::Seconds(1));
  service_->Tick();
  EXPECT_THAT(launcher_.killed, ElementsAre(attempt.DebugString()));
}

TEST_F(RunTroubleTest, AClockSetBackDelaysNoRetry) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_max_retries(3);
  AttemptKey attempt{service_->Start(request)->id(), 1};
  service_->OnWorkerExited(attempt, "killed");  // the first retry is at once
  service_->OnWorkerExited({attempt.run_id, 2}, "killed");
  clock_.SetBack(absl::Hours(24));
  service_->Tick();
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1", "tiny-1/2"));
  clock_.Advance(absl::Seconds(2));
  service_->Tick();
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1", "tiny-1/2", "tiny-1/3"));
}

TEST_F(RunTroubleTest, EventsGoOnInOrderOnAClockSetBack) {
  const AttemptKey attempt = StartRunning();
  clock_.SetBack(absl::Hours(24));
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7)}));
  int64_t expected = 0;
  for (const v1::Event& event : Events(attempt.run_id)) EXPECT_EQ(event.sequence(), ++expected);
  EXPECT_EQ(expected, Get(attempt.run_id).last_sequence());
}

// --- Histories without end

class LongHistoryTest : public RunTroubleTest {
 protected:
  LongHistoryTest() {
    limits_.run_events_max = 80;
    Restart();
  }
};

TEST_F(LongHistoryTest, TheOldestEventsOfAVeryLongRunGo) {
  const AttemptKey attempt = StartRunning();
  for (int64_t step = 1; step <= 200; ++step) {
    ASSERT_OK(service_->OnWorkerEvents(attempt, {TrainStep(step)}));
    const v1::Run run = Get(attempt.run_id);
    const auto kept = static_cast<int64_t>(Events(attempt.run_id).size());
    ASSERT_LE(kept, 90);  // an eighth more than the limit
    ASSERT_EQ(kept, run.last_sequence() - std::max<int64_t>(run.first_sequence(), 1) + 1);
  }
  EXPECT_GT(Get(attempt.run_id).first_sequence(), 100);
}

TEST_F(LongHistoryTest, TheBestCheckpointIsKnownWhenItsEventIsGone) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 7), CheckpointWritten(1, true)}));
  for (int64_t step = 5; step <= 205; ++step) {
    ASSERT_OK(service_->OnWorkerEvents(attempt, {TrainStep(step)}));
  }
  Restart();
  ASSERT_OK(service_->Reconcile());
  const AttemptKey second{attempt.run_id, 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  ASSERT_OK(service_->OnWorkerFinished(second, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_THAT(publisher_.published, ElementsAre("epoch-00001"));
}

TEST_F(LongHistoryTest, RepeatsOfForgottenEventsAreNotStoredAgain) {
  const AttemptKey attempt = StartRunning();
  v1::Event started;
  started.mutable_epoch_started()->set_epoch(1);
  ASSERT_OK(service_->OnWorkerEvents(attempt, {started}));
  for (int64_t step = 1; step <= 200; ++step) {
    ASSERT_OK(service_->OnWorkerEvents(attempt, {TrainStep(step)}));
  }
  Restart();
  ASSERT_OK(service_->Reconcile());
  const AttemptKey second{attempt.run_id, 2};
  ASSERT_OK(service_->OnWorkerHello(second, 4712));
  const int64_t before = Get(attempt.run_id).last_sequence();
  ASSERT_OK(service_->OnWorkerEvents(second, {started, TrainStep(1), TrainStep(200)}));
  EXPECT_EQ(Get(attempt.run_id).last_sequence(), before);
}

}  // namespace
}  // namespace traind
