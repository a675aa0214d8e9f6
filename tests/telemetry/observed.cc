#include "tests/telemetry/observed.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

namespace traind {

v1::Run ObservedRun(const std::string& id, const std::string& model) {
  v1::Run run;
  run.set_id(id);
  run.mutable_recipe()->set_name(model);
  run.mutable_recipe()->set_batch_size(64);
  run.mutable_recipe()->set_epoch_count(20);
  run.mutable_create_time()->set_seconds(1000);
  run.set_state(v1::RUN_STATE_QUEUED);
  return run;
}

void ChangeState(v1::Run& run, v1::RunState to, Metrics& metrics, int64_t seconds) {
  if (to == v1::RUN_STATE_STARTING) run.add_attempts();
  run.set_state(to);
  v1::Event event;
  event.mutable_state_changed()->set_to(to);
  event.mutable_time()->set_seconds(seconds);
  metrics.OnEvent(run, event);
}

v1::Event EpochFinishedEvent(int epoch) {
  v1::Event event;
  event.set_attempt(1);
  v1::EpochFinished& finished = *event.mutable_epoch_finished();
  finished.set_epoch(epoch);
  finished.set_step_count(938);
  finished.set_last_loss(0.25);
  finished.set_train_correct_count(45'000);
  finished.set_train_sample_count(60'000);
  finished.set_train_seconds(9.38);
  finished.set_data_wait_seconds(1.5);
  finished.set_eval_loss(0.125);
  finished.set_eval_correct_count(9'900);
  finished.set_eval_sample_count(10'000);
  return event;
}

v1::Event CheckpointEvent(int epoch) {
  v1::Event event;
  event.set_attempt(1);
  event.mutable_checkpoint_written()->set_epoch(epoch);
  event.mutable_checkpoint_written()->set_size_bytes(1'000'000);
  event.mutable_checkpoint_written()->set_write_seconds(0.01);
  return event;
}

v1::Event TrainStepEvent(int epoch) {
  v1::Event event;
  event.set_attempt(1);
  event.mutable_train_step()->set_epoch(epoch);
  event.mutable_train_step()->set_loss(0.5);
  event.mutable_train_step()->set_learning_rate(0.01);
  return event;
}

v1::Progress ProgressAt(int epoch, int64_t step_in_epoch) {
  v1::Progress progress;
  progress.set_epoch(epoch);
  progress.set_step_count(938);
  progress.set_step_in_epoch(step_in_epoch);
  progress.set_loss(0.5);
  return progress;
}

void WorkThrough(v1::Run& run, Metrics& metrics) {
  ChangeState(run, v1::RUN_STATE_QUEUED, metrics);
  ChangeState(run, v1::RUN_STATE_STARTING, metrics);
  ChangeState(run, v1::RUN_STATE_RUNNING, metrics);
  metrics.OnEvent(run, TrainStepEvent(1));
  metrics.OnEvent(run, EpochFinishedEvent(1));
  metrics.OnEvent(run, CheckpointEvent(1));
  metrics.OnProgress(run, ProgressAt(2, 469));
}

PredictOutcome ObservedPredict(const std::string& model, int64_t version) {
  PredictOutcome outcome;
  outcome.model = model;
  outcome.version = version;
  outcome.row_count = 10;
  outcome.total_time = absl::Microseconds(180);
  outcome.queue_time = absl::Microseconds(30);
  outcome.compute_time = absl::Microseconds(140);
  return outcome;
}

ModelPool::Status ObservedLoad(const std::string& model, int64_t version) {
  ModelPool::Status status;
  status.model = model;
  status.version = version;
  status.state = ModelPool::State::kReady;
  status.cause = ModelPool::Cause::kLoaded;
  status.memory_bytes = 1000;
  status.load_time = absl::Milliseconds(80);
  return status;
}

std::string PageText(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.page()->Collect());
}

}  // namespace traind
