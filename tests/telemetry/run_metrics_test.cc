// What runs do to the page, one by one.

#include "absl/strings/str_cat.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RunMetricsTest : public MetricsFixture {
 protected:
  void Become(v1::RunState to, int64_t seconds = 1000) {
    ChangeState(run_, to, *metrics_, seconds);
  }
  void StartRunning() {
    for (v1::RunState state :
         {v1::RUN_STATE_QUEUED, v1::RUN_STATE_STARTING, v1::RUN_STATE_RUNNING}) {
      Become(state);
    }
  }

  v1::Run run_ = ObservedRun("s4-1");
};

TEST_F(RunMetricsTest, ARunIsCountedInItsStateAlone) {
  StartRunning();
  EXPECT_THAT(Lines("traind_runs{"),
              UnorderedElementsAre("traind_runs{model=\"s4\",state=\"queued\"} 0",
                                   "traind_runs{model=\"s4\",state=\"starting\"} 0",
                                   "traind_runs{model=\"s4\",state=\"running\"} 1",
                                   "traind_runs{model=\"s4\",state=\"pausing\"} 0",
                                   "traind_runs{model=\"s4\",state=\"paused\"} 0",
                                   "traind_runs{model=\"s4\",state=\"stopping\"} 0",
                                   "traind_runs{model=\"s4\",state=\"succeeded\"} 0",
                                   "traind_runs{model=\"s4\",state=\"failed\"} 0",
                                   "traind_runs{model=\"s4\",state=\"cancelled\"} 0"));
  EXPECT_THAT(Lines("traind_run_state"),
              ElementsAre("traind_run_state{model=\"s4\",run=\"s4-1\",state=\"running\"} 1"));
}

TEST_F(RunMetricsTest, ARunThatAnEarlierServerLeftWithoutAStateIsCountedOnceItHasOne) {
  run_.clear_state();
  metrics_->Adopt(run_);
  EXPECT_THAT(Lines("traind_runs{"), Each(HasSubstr("} 0")));
  Become(v1::RUN_STATE_QUEUED);
  EXPECT_THAT(Lines("traind_runs{"), Contains("traind_runs{model=\"s4\",state=\"queued\"} 1"));
}

TEST_F(RunMetricsTest, AQueuedRunIsInTheQueueUntilItStartsOrIsCancelled) {
  v1::Run second = ObservedRun("s4-2");
  EXPECT_THAT(Lines("traind_queue_depth"), ElementsAre("traind_queue_depth 0"));
  Become(v1::RUN_STATE_QUEUED);
  ChangeState(second, v1::RUN_STATE_QUEUED, *metrics_);
  EXPECT_THAT(Lines("traind_queue_depth"), ElementsAre("traind_queue_depth 2"));
  Become(v1::RUN_STATE_STARTING);
  EXPECT_THAT(Lines("traind_queue_depth"), ElementsAre("traind_queue_depth 1"));
  ChangeState(second, v1::RUN_STATE_CANCELLED, *metrics_);
  EXPECT_THAT(Lines("traind_queue_depth"), ElementsAre("traind_queue_depth 0"));
}

TEST_F(RunMetricsTest, AQueuedRunsModelHasItsCountersAtZero) {
  Become(v1::RUN_STATE_QUEUED);
  const char* const at_zero[] = {"traind_train_samples_total{model=\"s4\"} 0",
                                 "traind_train_data_wait_seconds_total{model=\"s4\"} 0",
                                 "traind_checkpoint_bytes_total{model=\"s4\"} 0",
                                 "traind_train_step_seconds_count{model=\"s4\"} 0",
                                 "traind_checkpoint_write_seconds_count{model=\"s4\"} 0",
                                 "traind_queue_wait_seconds_count{model=\"s4\"} 0",
                                 "traind_run_attempts_total{model=\"s4\",reason=\"finished\"} 0",
                                 "traind_run_attempts_total{model=\"s4\",reason=\"stopped\"} 0",
                                 "traind_run_attempts_total{model=\"s4\",reason=\"failed\"} 0",
                                 "traind_run_attempts_total{model=\"s4\",reason=\"lost\"} 0",
                                 "traind_worker_cpu_seconds_total{model=\"s4\",run=\"s4-1\"} 0"};
  for (const char* line : at_zero) EXPECT_THAT(Lines(), Contains(line));
}

TEST_F(RunMetricsTest, TheQueueWaitIsFromTheQueueToTheWorkersStart) {
  Become(v1::RUN_STATE_QUEUED, 1000);
  Become(v1::RUN_STATE_STARTING, 1042);
  EXPECT_THAT(Lines("traind_queue_wait_seconds_sum"), ElementsAre(HasSubstr("} 42")));
  // A retry waits anew.
  Become(v1::RUN_STATE_QUEUED, 1100);
  Become(v1::RUN_STATE_STARTING, 1108);
  EXPECT_THAT(Lines("traind_queue_wait_seconds_sum"), ElementsAre(HasSubstr("} 50")));
  EXPECT_THAT(Lines("traind_queue_wait_seconds_count"), ElementsAre(HasSubstr("} 2")));
}

TEST_F(RunMetricsTest, ARunThatAnEarlierServerQueuedHasWaitedSinceThen) {
  metrics_->Adopt(run_);
  EXPECT_THAT(Lines("traind_queue_depth"), ElementsAre("traind_queue_depth 1"));
  Become(v1::RUN_STATE_STARTING, 1060);
  EXPECT_THAT(Lines("traind_queue_wait_seconds_sum"), ElementsAre(HasSubstr("} 60")));
}

TEST_F(RunMetricsTest, ARunOfAnEarlierServerIsCountedWhereItStandsWithItsLastEpoch) {
  run_.set_state(v1::RUN_STATE_RUNNING);
  *run_.mutable_last_epoch() = EpochFinishedEvent(5).epoch_finished();
  metrics_->Adopt(run_);
  Become(v1::RUN_STATE_QUEUED);
  EXPECT_THAT(Lines(), Contains("traind_runs{model=\"s4\",state=\"running\"} 0"));
  EXPECT_THAT(Lines(), Contains("traind_runs{model=\"s4\",state=\"queued\"} 1"));
  EXPECT_THAT(Lines(), Contains("traind_run_epoch{model=\"s4\",run=\"s4-1\"} 5"));
  EXPECT_THAT(Lines(), Contains("traind_run_progress_ratio{model=\"s4\",run=\"s4-1\"} 0.25"));
}

TEST_F(RunMetricsTest, AttemptsAreCountedByTheirEnd) {
  StartRunning();
  metrics_->OnAttemptEnded(run_, AttemptEnd::kLost);
  metrics_->OnAttemptEnded(run_, AttemptEnd::kLost);
  metrics_->OnAttemptEnded(run_, AttemptEnd::kFinished);
  EXPECT_THAT(Lines("traind_run_attempts_total"),
              UnorderedElementsAre("traind_run_attempts_total{model=\"s4\",reason=\"finished\"} 1",
                                   "traind_run_attempts_total{model=\"s4\",reason=\"stopped\"} 0",
                                   "traind_run_attempts_total{model=\"s4\",reason=\"failed\"} 0",
                                   "traind_run_attempts_total{model=\"s4\",reason=\"lost\"} 2"));
}

TEST_F(RunMetricsTest, AFinishedEpochShowsItsFigures) {
  StartRunning();
  metrics_->OnEvent(run_, EpochFinishedEvent(3));
  const std::string run = "model=\"s4\",run=\"s4-1\"";
  EXPECT_THAT(Lines(run),
              UnorderedElementsAre(
                  HasSubstr("traind_run_state{"), absl::StrCat("traind_run_epoch{", run, "} 3"),
                  absl::StrCat("traind_run_epochs{", run, "} 20"),
                  // 3 of 20 epochs.
                  absl::StrCat("traind_run_progress_ratio{", run, "} 0.15"),
                  absl::StrCat("traind_run_loss{", run, ",split=\"train\"} 0.25"),
                  absl::StrCat("traind_run_loss{", run, ",split=\"eval\"} 0.125"),
                  absl::StrCat("traind_run_accuracy{", run, ",split=\"eval\"} 0.99"),
                  absl::StrCat("traind_run_accuracy{", run, ",split=\"train\"} 0.75"),
                  HasSubstr("traind_run_last_report_timestamp_seconds{"),
                  HasSubstr("traind_worker_cpu_seconds_total{")));
}

TEST_F(RunMetricsTest, AFinishedEpochCountsItsStepsRowsAndWaiting) {
  StartRunning();
  metrics_->OnEvent(run_, EpochFinishedEvent(1));
  metrics_->OnEvent(run_, EpochFinishedEvent(2));
  EXPECT_THAT(Lines(), Contains("traind_train_samples_total{model=\"s4\"} 120000"));
  EXPECT_THAT(Lines(), Contains("traind_train_data_wait_seconds_total{model=\"s4\"} 3"));
  // 9.38 s / 938 steps = 10 ms, the upper bound of its bucket.
  EXPECT_THAT(Lines(), Contains("traind_train_step_seconds_bucket{model=\"s4\",le=\"0.0075\"} 0"));
  EXPECT_THAT(Lines(), Contains("traind_train_step_seconds_bucket{model=\"s4\",le=\"0.01\"} 1876"));
  EXPECT_THAT(Lines(), Contains("traind_train_step_seconds_sum{model=\"s4\"} 18.76"));
}

TEST_F(RunMetricsTest, ACheckpointCountsItsTimeAndSize) {
  StartRunning();
  metrics_->OnEvent(run_, CheckpointEvent(1));
  metrics_->OnEvent(run_, CheckpointEvent(2));
  EXPECT_THAT(Lines(), Contains("traind_checkpoint_bytes_total{model=\"s4\"} 2000000"));
  EXPECT_THAT(Lines(), Contains("traind_checkpoint_write_seconds_sum{model=\"s4\"} 0.02"));
  EXPECT_THAT(Lines(),
              Contains("traind_checkpoint_write_seconds_bucket{model=\"s4\",le=\"0.005\"} 0"));
  EXPECT_THAT(Lines(),
              Contains("traind_checkpoint_write_seconds_bucket{model=\"s4\",le=\"0.01\"} 2"));
}

TEST_F(RunMetricsTest, AStepShowsItsLossAndLearningRate) {
  StartRunning();
  metrics_->OnEvent(run_, TrainStepEvent(1));
  EXPECT_THAT(Lines(), Contains("traind_run_loss{model=\"s4\",run=\"s4-1\",split=\"train\"} 0.5"));
  EXPECT_THAT(Lines(), Contains("traind_run_learning_rate{model=\"s4\",run=\"s4-1\"} 0.01"));
}

TEST_F(RunMetricsTest, ProgressIsTheShareOfAllEpochs) {
  StartRunning();
  EXPECT_THAT(Lines("progress_ratio"), ElementsAre(HasSubstr("} 0")));
  metrics_->OnProgress(run_, ProgressAt(2, 469));
  // (1 + 469/938) / 20.
  EXPECT_THAT(Lines("progress_ratio"), ElementsAre(HasSubstr("} 0.075")));
  EXPECT_THAT(Lines("traind_run_epoch{"), ElementsAre(HasSubstr("} 2")));
}

TEST_F(RunMetricsTest, ProgressAndTheEpochsEndCountEachRowOnce) {
  StartRunning();
  metrics_->OnProgress(run_, ProgressAt(1, 100));
  EXPECT_THAT(Lines("samples_total"), ElementsAre(HasSubstr("} 6400")));
  metrics_->OnEvent(run_, EpochFinishedEvent(1));
  EXPECT_THAT(Lines("samples_total"), ElementsAre(HasSubstr("} 60000")));
}

TEST_F(RunMetricsTest, ProgressOfAnEarlierEpochCountsNothing) {
  StartRunning();
  metrics_->OnProgress(run_, ProgressAt(2, 100));
  metrics_->OnProgress(run_, ProgressAt(1, 900));
  EXPECT_THAT(Lines("samples_total"), ElementsAre(HasSubstr("} 6400")));
}

TEST_F(RunMetricsTest, RowsThatARetryTrainsAgainCountAgain) {
  StartRunning();
  metrics_->OnProgress(run_, ProgressAt(3, 100));
  StartRunning();
  metrics_->OnProgress(run_, ProgressAt(1, 10));
  EXPECT_THAT(Lines("samples_total"), ElementsAre(HasSubstr("} 7040")));
}

TEST_F(RunMetricsTest, WhatIsNotKnownYetHasNoSeries) {
  StartRunning();
  EXPECT_THAT(Lines("traind_run_accuracy"), IsEmpty());
  EXPECT_THAT(Lines("traind_run_loss"), IsEmpty());
  EXPECT_THAT(Lines("traind_run_learning_rate"), IsEmpty());
}

TEST_F(RunMetricsTest, TheLastReportIsWhenTheWorkerWasHeard) {
  Become(v1::RUN_STATE_QUEUED);
  Become(v1::RUN_STATE_STARTING);
  EXPECT_THAT(Lines("last_report"), IsEmpty());
  Become(v1::RUN_STATE_RUNNING);
  // The fake clock starts there.
  EXPECT_THAT(Lines("last_report"), ElementsAre(HasSubstr("} 1700000000")));
  clock_.Advance(absl::Seconds(7));
  metrics_->OnProgress(run_, ProgressAt(1, 1));
  EXPECT_THAT(Lines("last_report"), ElementsAre(HasSubstr("} 1700000007")));
  clock_.Advance(absl::Seconds(7));
  metrics_->OnEvent(run_, CheckpointEvent(1));
  EXPECT_THAT(Lines("last_report"), ElementsAre(HasSubstr("} 1700000014")));
  clock_.Advance(absl::Seconds(7));
  Become(v1::RUN_STATE_STOPPING);
  EXPECT_THAT(Lines("last_report"), ElementsAre(HasSubstr("} 1700000014")));
}

TEST_F(RunMetricsTest, ModelsBeyondTheBoundShareOneLabel) {
  options_.models_max = 4;
  Restart();
  for (int i = 0; i < 6; ++i) {
    v1::Run run = ObservedRun(absl::StrCat("m", i, "-1"), absl::StrCat("m", i));
    ChangeState(run, v1::RUN_STATE_QUEUED, *metrics_);
  }
  EXPECT_THAT(Lines(), Contains("traind_runs{model=\"other\",state=\"queued\"} 2"));
  EXPECT_THAT(Lines("run=\"m5-1\""), Each(HasSubstr("model=\"other\"")));
}

}  // namespace
}  // namespace traind
