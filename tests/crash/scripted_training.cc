#include "tests/crash/scripted_training.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// More than one page of the file system.
constexpr size_t kWeightsBytes = 10'000;
constexpr int kTraceValues = 50;

v1::TraceLayout Layout() {
  v1::TraceLayout layout;
  layout.add_tensors()->add_shape(kTraceValues);
  return layout;
}

TrainingBasis Basis() {
  TrainingBasis basis;
  basis.device = "cpu";
  basis.precision = "fp32";
  basis.thread_count = 1;
  return basis;
}

}  // namespace

std::string ScriptedTraining::Weights(int64_t step) {
  std::string bytes = absl::StrCat("weights after step ", step, " ");
  while (bytes.size() < kWeightsBytes) bytes += bytes;
  bytes.resize(kWeightsBytes);
  return bytes;
}

v1::TraceRow ScriptedTraining::TraceRow(int64_t step) {
  v1::TraceRow row;
  row.set_step(step);
  row.set_epoch(static_cast<int32_t>((step - 1) / kStepsPerEpoch) + 1);
  row.set_loss(1.0 / static_cast<double>(step));
  for (int i = 0; i < kTraceValues; ++i) row.add_values(static_cast<double>(step * i));
  return row;
}

ScriptedTraining::ScriptedTraining(AttemptHandler& server, AttemptKey attempt, ToldFacts& told)
    : server_(server), attempt_(std::move(attempt)), told_(told) {}

absl::Status ScriptedTraining::Begin() {
  ASSIGN_OR_RETURN(assignment_, server_.OnWorkerHello(attempt_, 4711));
  ASSIGN_OR_RETURN(store_, FileCheckpointStore::Open(assignment_.checkpoint_directory()));
  checkpointer_.emplace(assignment_.recipe(), assignment_.execution(), Basis(), CheckpointPace(),
                        *store_, *this);
  ASSIGN_OR_RETURN(const std::optional<Checkpointer::Found> found, checkpointer_->FindNewest());
  trace_ = std::make_unique<FileTraceStore>(assignment_.trace_file());
  if (!found) return trace_->Open(Layout(), 0);
  step_ = found->record.step;
  RETURN_IF_ERROR(trace_->Open(Layout(), step_));
  if (found->tensors == Weights(step_)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("other tensors than those of step ", step_));
}

absl::Status ScriptedTraining::RunTo(int64_t step) {
  while (step_ < step) RETURN_IF_ERROR(RunStep());
  return Flush();
}

absl::Status ScriptedTraining::RunStep() {
  ++step_;
  if (step_in_epoch() == 1) {
    v1::Event event;
    event.mutable_epoch_started()->set_epoch(epoch());
    event.mutable_epoch_started()->set_step_count(kStepsPerEpoch);
    Report(std::move(event));
  }
  v1::Event event;
  event.mutable_train_step()->set_step(step_);
  event.mutable_train_step()->set_epoch(epoch());
  event.mutable_train_step()->set_loss(1.0f / static_cast<float>(step_));
  Report(std::move(event));
  RETURN_IF_ERROR(trace_->Append(TraceRow(step_)));
  if (step_in_epoch() == kStepsPerEpoch) return FinishEpoch();
  if (!checkpointer_->IsDueInEpoch(step_, {})) return absl::OkStatus();
  return WriteCheckpoint(nullptr);
}

absl::Status ScriptedTraining::FinishEpoch() {
  v1::Event event;
  v1::EpochFinished& finished = *event.mutable_epoch_finished();
  finished.set_epoch(epoch());
  finished.set_step(step_);
  finished.set_eval_correct_count(epoch());
  finished.set_eval_sample_count(10);
  const v1::EpochFinished evaluation = finished;
  Report(std::move(event));
  return WriteCheckpoint(&evaluation);
}

absl::Status ScriptedTraining::WriteCheckpoint(const v1::EpochFinished* evaluation) {
  RETURN_IF_ERROR(trace_->Flush());
  Checkpointer::Draft draft;
  draft.record.epoch = epoch();
  draft.record.step = step_;
  draft.record.step_in_epoch = step_in_epoch();
  draft.tensors = Weights(step_);
  if (evaluation != nullptr) {
    draft.evaluation = *evaluation;
    draft.weights = Weights(step_);
    draft.sample = "sample";
  }
  RETURN_IF_ERROR(checkpointer_->Write(std::move(draft)));
  told_.NoteCheckpoint(attempt_.run_id, step_);
  return absl::OkStatus();
}

absl::Status ScriptedTraining::SaveForLater() {
  if (!checkpointer_->IsBehind(step_)) return absl::OkStatus();
  return WriteCheckpoint(nullptr);
}

absl::Status ScriptedTraining::Finish(const absl::Status& status, worker::v1::Outcome outcome) {
  RETURN_IF_ERROR(Flush());
  worker::v1::Finished finished;
  finished.set_outcome(status.ok() ? outcome : worker::v1::OUTCOME_FAILED);
  if (!status.ok()) {
    finished.mutable_error()->set_failure_class(
        absl::IsResourceExhausted(status) ? v1::FAILURE_CLASS_RESOURCE : v1::FAILURE_CLASS_SYSTEM);
    finished.mutable_error()->set_message(std::string(status.message()));
  }
  return server_.OnWorkerFinished(attempt_, finished);
}

void ScriptedTraining::Report(v1::Event event) { events_.push_back(std::move(event)); }

absl::Status ScriptedTraining::Flush() {
  if (events_.empty()) return absl::OkStatus();
  return server_.OnWorkerEvents(attempt_, std::exchange(events_, {}));
}

}  // namespace traind
