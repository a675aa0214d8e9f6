#include "server/telemetry/metrics.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/telemetry/metrics_endpoint.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/telemetry/http_get.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() {
    Metrics::Options options;
    options.version = "1.2.3";
    options.torch_version = "2.11.0";
    options.run_linger = absl::Minutes(5);
    options.runs_max = 3;
    options.models_max = 4;
    metrics_ = std::make_unique<Metrics>(options, clock_);
    absl::StatusOr<std::unique_ptr<MetricsEndpoint>> endpoint =
        MetricsEndpoint::Start("127.0.0.1:0", metrics_->registry());
    EXPECT_OK(endpoint);
    endpoint_ = *std::move(endpoint);
  }

  // What a Prometheus server would get.
  std::string Scrape() { return HttpGet(endpoint_->address(), "/metrics"); }

  static v1::Run Run(const std::string& id, const std::string& model = "s4") {
    v1::Run run;
    run.set_id(id);
    run.mutable_recipe()->set_name(model);
    run.mutable_recipe()->set_batch_size(64);
    return run;
  }

  void ChangeState(const v1::Run& run, v1::RunState to) {
    v1::Event event;
    event.mutable_state_changed()->set_to(to);
    metrics_->OnEvent(run, event);
  }

  void FinishEpoch(const v1::Run& run, int epoch) {
    v1::Event event;
    v1::EpochFinished& finished = *event.mutable_epoch_finished();
    finished.set_epoch(epoch);
    finished.set_step_count(938);
    finished.set_last_loss(0.25);
    finished.set_train_correct_count(45'000);
    finished.set_train_sample_count(60'000);
    finished.set_train_seconds(9.38);
    finished.set_eval_correct_count(9'900);
    finished.set_eval_sample_count(10'000);
    metrics_->OnEvent(run, event);
  }

  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<MetricsEndpoint> endpoint_;
};

TEST_F(MetricsTest, BuildInfoTellsTheVersions) {
  EXPECT_THAT(Scrape(),
              HasSubstr("traind_build_info{torch_version=\"2.11.0\",version=\"1.2.3\"} 1"));
}

TEST_F(MetricsTest, ARunIsCountedInItsStateAlone) {
  const v1::Run run = Run("s4-1");
  ChangeState(run, v1::RUN_STATE_QUEUED);
  ChangeState(run, v1::RUN_STATE_RUNNING);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("traind_runs{model=\"s4\",state=\"queued\"} 0"));
  EXPECT_THAT(text, HasSubstr("traind_runs{model=\"s4\",state=\"running\"} 1"));
}

TEST_F(MetricsTest, ARunOfAnEarlierServerIsCountedWhereItStands) {
  v1::Run run = Run("s4-1");
  run.set_state(v1::RUN_STATE_RUNNING);
  metrics_->Adopt(run);
  ChangeState(run, v1::RUN_STATE_QUEUED);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("traind_runs{model=\"s4\",state=\"running\"} 0"));
  EXPECT_THAT(text, HasSubstr("traind_runs{model=\"s4\",state=\"queued\"} 1"));
}

TEST_F(MetricsTest, AFinishedEpochShowsItsFigures) {
  FinishEpoch(Run("s4-1"), 3);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("traind_run_epoch{model=\"s4\",run=\"s4-1\"} 3"));
  EXPECT_THAT(text, HasSubstr("traind_run_loss{model=\"s4\",run=\"s4-1\"} 0.25"));
  EXPECT_THAT(text,
              HasSubstr("traind_run_accuracy{model=\"s4\",run=\"s4-1\",split=\"eval\"} 0.99"));
  EXPECT_THAT(text,
              HasSubstr("traind_run_accuracy{model=\"s4\",run=\"s4-1\",split=\"train\"} 0.75"));
  EXPECT_THAT(text, HasSubstr("traind_train_samples_total{model=\"s4\"} 60000"));
  // 9.38 s / 938 steps = 10 ms, the upper bound of its bucket.
  EXPECT_THAT(text, HasSubstr("traind_train_step_seconds_bucket{model=\"s4\",le=\"0.0075\"} 0"));
  EXPECT_THAT(text, HasSubstr("traind_train_step_seconds_bucket{model=\"s4\",le=\"0.01\"} 938"));
  EXPECT_THAT(text, HasSubstr("traind_train_step_seconds_count{model=\"s4\"} 938"));
}

TEST_F(MetricsTest, ProgressAndTheEpochsEndCountEachRowOnce) {
  const v1::Run run = Run("s4-1");
  ChangeState(run, v1::RUN_STATE_RUNNING);
  v1::Progress progress;
  progress.set_epoch(1);
  progress.set_step_count(938);
  progress.set_step_in_epoch(100);
  progress.set_loss(0.5);
  metrics_->OnProgress(run, progress);
  EXPECT_THAT(Scrape(), HasSubstr("traind_train_samples_total{model=\"s4\"} 6400"));
  FinishEpoch(run, 1);
  EXPECT_THAT(Scrape(), HasSubstr("traind_train_samples_total{model=\"s4\"} 60000"));
}

TEST_F(MetricsTest, ThereIsNoAccuracyBeforeAnEpochHasFinished) {
  const v1::Run run = Run("s4-1");
  ChangeState(run, v1::RUN_STATE_RUNNING);
  v1::Event event;
  event.mutable_epoch_started()->set_epoch(1);
  metrics_->OnEvent(run, event);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("traind_run_epoch{model=\"s4\",run=\"s4-1\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("traind_run_accuracy{")));
}

TEST_F(MetricsTest, TheSeriesOfARunGoSomeTimeAfterItsEnd) {
  const v1::Run run = Run("s4-1");
  ChangeState(run, v1::RUN_STATE_RUNNING);
  FinishEpoch(run, 19);
  ChangeState(run, v1::RUN_STATE_SUCCEEDED);
  clock_.Advance(absl::Minutes(4));
  metrics_->Expire();
  EXPECT_THAT(Scrape(), HasSubstr("run=\"s4-1\""));
  clock_.Advance(absl::Minutes(1));
  metrics_->Expire();
  const std::string text = Scrape();
  EXPECT_THAT(text, Not(HasSubstr("run=\"s4-1\"")));
  EXPECT_THAT(text, HasSubstr("traind_runs{model=\"s4\",state=\"succeeded\"} 1"));
}

TEST_F(MetricsTest, LateProgressDoesNotBringAnEndedRunBack) {
  const v1::Run run = Run("s4-1");
  ChangeState(run, v1::RUN_STATE_RUNNING);
  ChangeState(run, v1::RUN_STATE_CANCELLED);
  metrics_->OnProgress(run, v1::Progress());
  EXPECT_THAT(Scrape(), Not(HasSubstr("run=\"s4-1\"")));
}

TEST_F(MetricsTest, TheRunThatEndedFirstMakesRoomForANewOne) {
  for (const char* id : {"s4-1", "s4-2", "s4-3"}) {
    ChangeState(Run(id), v1::RUN_STATE_RUNNING);
    FinishEpoch(Run(id), 1);
  }
  ChangeState(Run("s4-2"), v1::RUN_STATE_SUCCEEDED);
  ChangeState(Run("s4-4"), v1::RUN_STATE_RUNNING);
  FinishEpoch(Run("s4-4"), 1);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("run=\"s4-1\""));
  EXPECT_THAT(text, Not(HasSubstr("run=\"s4-2\"")));
  EXPECT_THAT(text, HasSubstr("run=\"s4-4\""));
}

TEST_F(MetricsTest, ModelsBeyondTheBoundShareOneLabel) {
  for (int i = 0; i < 6; ++i) {
    ChangeState(Run(absl::StrCat("m", i, "-1"), absl::StrCat("m", i)), v1::RUN_STATE_QUEUED);
  }
  EXPECT_THAT(Scrape(), HasSubstr("traind_runs{model=\"other\",state=\"queued\"} 2"));
}

TEST_F(MetricsTest, PredictIsCountedByModelVersionAndCode) {
  PredictOutcome outcome;
  outcome.model = "s4";
  outcome.version = 7;
  outcome.row_count = 10;
  outcome.total_time = absl::Microseconds(180);
  metrics_->OnPredict(outcome);
  outcome.code = absl::StatusCode::kDeadlineExceeded;
  metrics_->OnPredict(outcome);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("traind_predict_requests_total"
                              "{code=\"OK\",model=\"s4\",version=\"7\"} 1"));
  EXPECT_THAT(text, HasSubstr("traind_predict_requests_total"
                              "{code=\"DEADLINE_EXCEEDED\",model=\"s4\",version=\"7\"} 1"));
  EXPECT_THAT(text, HasSubstr("traind_predict_rows_total{model=\"s4\",version=\"7\"} 10"));
  EXPECT_THAT(text, HasSubstr("traind_predict_duration_seconds_bucket"
                              "{model=\"s4\",version=\"7\",le=\"0.00015\"} 0"));
  EXPECT_THAT(text, HasSubstr("traind_predict_duration_seconds_bucket"
                              "{model=\"s4\",version=\"7\",le=\"0.0002\"} 2"));
}

TEST_F(MetricsTest, ATakenPortIsAStatusThatNamesTheFlag) {
  EXPECT_THAT(MetricsEndpoint::Start(endpoint_->address(), metrics_->registry()),
              StatusIs(absl::StatusCode::kUnavailable, "choose another with --metrics-listen"));
}

}  // namespace
}  // namespace traind
