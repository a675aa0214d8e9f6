#include "server/torch/train/training.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/recipes/selection_value.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/device.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/batch_norm_recalibration.h"
#include "server/torch/train/epoch_state.h"
#include "server/torch/train/start_weights.h"
#include "server/torch/train/training_check.h"
#include "server/torch/train/training_rows.h"

namespace traind {
namespace {

constexpr int64_t kDefaultLogEverySteps = 100;
constexpr int64_t kFetchEveryStepsOnDevice = 64;
constexpr std::chrono::milliseconds kProgressInterval(100);

double ElapsedSeconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::chrono::steady_clock::duration ToDuration(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

std::string PrecisionName(const v1::Recipe& recipe, v1::Precision precision) {
  if (recipe.float64()) return "fp64";
  if (precision == v1::PRECISION_BF16) return "bf16";
  return precision == v1::PRECISION_TF32 ? "tf32" : "fp32";
}

// The same for the same bits, see TrainingBasis.
TrainingBasis BasisOf(const TrainingJob& job, at::Device device, const StepChoice& choice) {
  TrainingBasis basis;
  basis.recipe_sha256 = Sha256Hex(job.recipe.SerializeAsString());
  basis.device = DeviceKind(device);
  basis.precision = PrecisionName(job.recipe, job.execution.precision());
  basis.step = choice.name;
  basis.thread_count = ResolveThreadCount(job.execution.thread_count());
  basis.torch_version = TorchVersion();
  basis.cpu_capability = at::get_cpu_capability();
  if (!choice.extension.empty()) absl::StrAppend(&basis.cpu_capability, "+", choice.extension);
  return basis;
}

absl::StatusOr<std::unique_ptr<Network>> BuildNetwork(const TrainingJob& job, at::Device device) {
  const v1::Recipe& recipe = job.recipe;
  if (recipe.network().has_module()) {
    return std::make_unique<Network>(Network::OfModule(ScriptModule::Load(job.module_path, device),
                                                       recipe.network().module().out_features()));
  }
  ASSIGN_OR_RETURN(Network network,
                   Network::Build(recipe.network(), recipe.seed(), device, NumberType(recipe)));
  return std::make_unique<Network>(std::move(network));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Training>> Training::Create(const TrainingJob& job,
                                                           at::Device device,
                                                           const StepChoice& choice,
                                                           TrainingReporter& reporter,
                                                           CheckpointStore& store) {
  ASSIGN_OR_RETURN(std::unique_ptr<Network> network, BuildNetwork(job, device));
  RETURN_IF_ERROR(
      CheckDataFits(job.recipe, job.train_split, job.eval_split, network->class_count()));
  if (job.execution.trace() && job.trace == nullptr) {
    return absl::InternalError("execution.trace: expected a place for the trace, got none");
  }
  std::unique_ptr<Network> average;
  if (job.recipe.has_ema()) {
    // The same seed gives the same values, from which the average starts.
    ASSIGN_OR_RETURN(average, BuildNetwork(job, device));
  }
  std::unique_ptr<Training> training(
      new Training(job, device, choice, reporter, store, std::move(network), std::move(average)));
  RETURN_IF_ERROR(training->Resume());
  if (training->trace_) RETURN_IF_ERROR(training->trace_->Open(training->step_));
  return training;
}

Training::Training(const TrainingJob& job, at::Device device, const StepChoice& choice,
                   TrainingReporter& reporter, CheckpointStore& store,
                   std::unique_ptr<Network> network, std::unique_ptr<Network> average)
    : job_(job),
      device_(device),
      choice_(choice),
      log_every_steps_(job.execution.log_every_steps() > 0 ? job.execution.log_every_steps()
                                                           : kDefaultLogEverySteps),
      fetch_every_steps_(device.is_cpu() ? 1 : kFetchEveryStepsOnDevice),
      reporter_(reporter),
      network_(std::move(network)),
      average_(std::move(average)),
      feed_(job.train_split, job.recipe, device),
      evaluator_(job.eval_split, job.recipe, device),
      learning_rate_(job.recipe, feed_.step_count() * job.recipe.epoch_count()),
      early_stop_(job.recipe),
      figures_(feed_.step_count(), device, NumberType(job.recipe)),
      trace_(job.execution.trace()
                 ? std::make_unique<StepTrace>(job.recipe, job.train_split, *network_, *job.trace)
                 : nullptr),
      steps_(choice.make({job.recipe, job.execution.precision(), device, *network_, average_.get(),
                          feed_, learning_rate_, figures_, trace_.get()})),
      checkpointer_(job.recipe, job.execution, BasisOf(job, device, choice), job.checkpoint_pace,
                    store, reporter),
      progress_gate_(kProgressInterval) {}

absl::StatusOr<worker::v1::Outcome> Training::Run(const std::stop_token& stop) {
  RETURN_IF_ERROR(Prepare());
  while (step_in_epoch_ > 0 || epoch_ < job_.recipe.epoch_count()) {
    if (step_in_epoch_ == 0) {
      if (early_stop_.IsDue()) break;
      if (stop.stop_requested() || StopsAfter(epoch_)) return worker::v1::OUTCOME_STOPPED;
      StartEpoch(epoch_ + 1);
    }
    ASSIGN_OR_RETURN(const bool finished, RunEpoch(stop));
    if (!finished) return worker::v1::OUTCOME_STOPPED;
  }
  return worker::v1::OUTCOME_SUCCEEDED;
}

absl::Status Training::Prepare() {
  RETURN_IF_ERROR(steps_->Prepare());
  // A GPU loads its kernels when they are first used.
  if (!device_.is_cpu()) Evaluate();
  v1::Event event;
  event.mutable_message()->set_severity(v1::SEVERITY_INFO);
  event.mutable_message()->set_text(
      absl::StrCat("on ", DeviceKind(device_), ", steps: ", choice_.name,
                   choice_.extension.empty() ? "" : " by ", choice_.extension,
                   choice_.reason.empty() ? "" : "; ", choice_.reason));
  reporter_.Report(std::move(event));
  return absl::OkStatus();
}

Evaluation Training::Evaluate() const {
  if (choice_.make_forward) return evaluator_.Evaluate(choice_.make_forward(evaluated()));
  return evaluator_.Evaluate(evaluated());
}

absl::Status Training::Resume() {
  ASSIGN_OR_RETURN(const std::optional<Checkpointer::Found> found, checkpointer_.FindNewest());
  if (!found) return TakeInitialWeights();
  const TrainingRecord& record = found->record;
  epoch_ = record.epoch;
  step_ = record.step;
  step_in_epoch_ = record.epoch_finished ? 0 : record.step_in_epoch;
  ASSIGN_OR_RETURN(StateTensors state, StateTensors::Parse(found->tensors));
  // An epoch's rates come from what epochs before have made of them.
  RETURN_IF_ERROR(LoadEpochState(state, learning_rate_, early_stop_));
  // Dropout's numbers and the epoch's order come from the epoch, then go on within it.
  steps_->StartEpoch(epoch_, step_in_epoch_);
  data_wait_ = ToDuration(record.data_wait_seconds);
  epoch_start_ = Clock::now() - ToDuration(record.epoch_seconds);
  return LoadTensors(state);
}

absl::Status Training::TakeInitialWeights() {
  if (!job_.recipe.has_initial_weights()) return absl::OkStatus();
  std::vector<const Network*> networks = {network_.get()};
  if (average_) networks.push_back(average_.get());
  ASSIGN_OR_RETURN(const std::string taken,
                   LoadInitialWeights(job_.recipe, job_.initial_weights_path, networks));
  v1::Event event;
  event.mutable_message()->set_severity(v1::SEVERITY_INFO);
  event.mutable_message()->set_text(taken);
  reporter_.Report(std::move(event));
  return absl::OkStatus();
}

void Training::StartEpoch(int epoch) {
  epoch_ = epoch;
  v1::Event event;
  event.mutable_epoch_started()->set_epoch(epoch);
  event.mutable_epoch_started()->set_step_count(feed_.step_count());
  reporter_.Report(std::move(event));

  epoch_start_ = Clock::now();
  figures_.Restart();
  steps_->StartEpoch(epoch, 0);
  data_wait_ = epoch_duration();
}

absl::StatusOr<bool> Training::RunEpoch(const std::stop_token& stop) {
  while (step_in_epoch_ < feed_.step_count()) {
    if (stop.stop_requested()) {
      SaveForLater();
      return false;
    }
    RETURN_IF_ERROR(RunSteps(CountToRun()));
    if (step_in_epoch_ < feed_.step_count() && checkpointer_.IsDueInEpoch(step_, Clock::now())) {
      RETURN_IF_ERROR(WriteCheckpoint(nullptr));
    }
  }
  RETURN_IF_ERROR(FinishEpoch(stop));
  step_in_epoch_ = 0;
  return true;
}

int64_t Training::CountToRun() const {
  const int64_t left = feed_.step_count() - step_in_epoch_;
  return std::min({steps_->stride(), left, checkpointer_.StepsToNext(step_)});
}

absl::Status Training::RunSteps(int64_t count) {
  const int64_t first = step_ + 1;
  step_ += count;
  step_in_epoch_ += count;
  data_wait_ += steps_->Run(count);
  if (trace_) RETURN_IF_ERROR(trace_->Keep(step_, epoch_));

  const Clock::time_point now = Clock::now();
  const bool last = step_in_epoch_ == feed_.step_count();
  bool log = false;
  for (int64_t step = first; step <= step_; ++step) log = log || IsLogged(step);
  const bool progress = progress_gate_.Pass(now);
  const bool look = step_ / fetch_every_steps_ != (first - 1) / fetch_every_steps_;
  if (!log && !progress && !last && !look) return absl::OkStatus();
  const absl::Status fetched = FetchLosses();  // when it fails, step_ is the one that failed
  const int64_t good = fetched.ok() ? step_ : step_ - 1;
  for (int64_t step = first; step <= good; ++step) {
    if (IsLogged(step)) ReportStep(step);
  }
  if (fetched.ok() && progress) ReportProgress(now);
  return fetched;
}

double Training::LossOf(int64_t step) const {
  return figures_.loss(step - 1 - (epoch_ - 1) * feed_.step_count());
}

absl::Status Training::FetchLosses() {
  const std::optional<int64_t> bad = figures_.Fetch();
  if (!bad) return absl::OkStatus();
  step_ -= step_in_epoch_ - 1 - *bad;  // it may be noticed some steps later
  return absl::InvalidArgumentError(absl::StrCat(
      "the loss became ", figures_.loss(*bad), " at step ", step_, " (epoch ", epoch_,
      ", learning rate ", learning_rate_.At(step_), "); try a smaller ",
      LearningRateField(job_.recipe.optimizer()), ", a longer warm-up or another seed"));
}

absl::StatusOr<v1::EpochFinished> Training::MeasureEpoch() {
  v1::EpochFinished finished;
  figures_.Describe(finished);
  finished.set_train_seconds(ElapsedSeconds(epoch_duration()));
  finished.set_data_wait_seconds(ElapsedSeconds(data_wait_));
  const Clock::time_point start = Clock::now();
  if (const int64_t batches = job_.recipe.batch_norm_recalibration_batches(); batches > 0) {
    RecalibrateBatchNorms(evaluated(), feed_, batches);
  }
  const Evaluation evaluation = Evaluate();
  finished.set_epoch(epoch_);
  finished.set_step(step_);
  finished.set_eval_loss(evaluation.loss);
  finished.set_eval_correct_count(evaluation.correct_count);
  finished.set_eval_sample_count(evaluation.row_count);
  finished.set_without_accuracy(!HasAccuracy(job_.recipe.loss()));
  for (const v1::MetricValue& metric : evaluation.metrics) *finished.add_metrics() = metric;
  finished.set_eval_seconds(ElapsedSeconds(Clock::now() - start));
  if (std::isfinite(evaluation.loss)) return finished;
  return absl::InvalidArgumentError(absl::StrCat(
      "the evaluation loss became ", evaluation.loss, " after step ", step_, " (epoch ", epoch_,
      "); try a smaller ", LearningRateField(job_.recipe.optimizer())));
}

absl::Status Training::FinishEpoch(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const v1::EpochFinished finished, MeasureEpoch());
  const double value = SelectionValue(job_.recipe.selection(), finished);
  learning_rate_.Note(value);
  early_stop_.Note(epoch_, value);
  v1::Event event;
  *event.mutable_epoch_finished() = finished;
  reporter_.Report(std::move(event));
  const bool last = stop.stop_requested() || early_stop_.IsDue() || StopsAfter(epoch_);
  if (last || checkpointer_.IsDueAfterEpoch(finished, Clock::now())) {
    return WriteCheckpoint(&finished);
  }
  if (!checkpointer_.IsHeldAfterEpoch(finished)) return absl::OkStatus();
  ASSIGN_OR_RETURN(Checkpointer::Draft draft, DraftCheckpoint(&finished));
  return checkpointer_.Hold(std::move(draft));
}

absl::StatusOr<Checkpointer::Draft> Training::DraftCheckpoint(const v1::EpochFinished* evaluation) {
  const Clock::time_point start = Clock::now();
  RETURN_IF_ERROR(FetchLosses());
  if (trace_) RETURN_IF_ERROR(trace_->Flush());
  Checkpointer::Draft draft;
  draft.record.epoch = epoch_;
  draft.record.step = step_;
  draft.record.step_in_epoch = step_in_epoch_;
  draft.record.epoch_seconds = ElapsedSeconds(epoch_duration());
  draft.record.data_wait_seconds = ElapsedSeconds(data_wait_);
  ASSIGN_OR_RETURN(draft.tensors, SaveTensors());
  if (evaluation != nullptr) {
    draft.evaluation = *evaluation;
    ASSIGN_OR_RETURN(draft.weights, SaveState(evaluated()));
    draft.sample = evaluator_.Sample(evaluated()).SerializeAsString();
  }
  draft.taken = Clock::now() - start;
  return draft;
}

absl::Status Training::WriteCheckpoint(const v1::EpochFinished* evaluation) {
  const Clock::time_point start = Clock::now();
  ASSIGN_OR_RETURN(Checkpointer::Draft draft, DraftCheckpoint(evaluation));
  RETURN_IF_ERROR(checkpointer_.Write(std::move(draft)));
  // The next steps' time is counted without the checkpoint's.
  epoch_start_ += Clock::now() - start;
  return absl::OkStatus();
}

void Training::SaveForLater() {
  if (!checkpointer_.IsBehind(step_)) return;
  const absl::Status status = WriteCheckpoint(nullptr);
  if (status.ok()) return;
  // The training goes on from an older checkpoint then.
  v1::Event event;
  event.mutable_message()->set_severity(v1::SEVERITY_WARNING);
  event.mutable_message()->set_text(
      absl::StrCat("no checkpoint at the stop after step ", step_, ": ", status.message()));
  reporter_.Report(std::move(event));
}

absl::StatusOr<std::string> Training::SaveTensors() const {
  StateTensors state;
  PutNetwork("network.", *network_, state);
  steps_->Save(state);
  figures_.Save(state);
  if (average_) PutNetwork("average.", *average_, state);
  SaveEpochState(learning_rate_, early_stop_, state);
  return state.Serialize();
}

absl::Status Training::LoadTensors(StateTensors& state) {
  RETURN_IF_ERROR(TakeNetwork("network.", state, *network_));
  RETURN_IF_ERROR(steps_->Load(state));
  RETURN_IF_ERROR(figures_.Load(state));
  if (average_) RETURN_IF_ERROR(TakeNetwork("average.", state, *average_));
  return state.CheckAllTaken();
}

void Training::ReportStep(int64_t step) {
  v1::Event event;
  v1::TrainStep& train_step = *event.mutable_train_step();
  train_step.set_step(step);
  train_step.set_epoch(epoch_);
  train_step.set_loss(static_cast<float>(LossOf(step)));
  train_step.set_learning_rate(learning_rate_.At(step));
  reporter_.Report(std::move(event));
}

void Training::ReportProgress(Clock::time_point now) {
  v1::Progress progress;
  progress.set_epoch(epoch_);
  progress.set_step_in_epoch(step_in_epoch_);
  progress.set_step_count(feed_.step_count());
  progress.set_loss(static_cast<float>(LossOf(step_)));
  progress.set_elapsed_seconds(ElapsedSeconds(now - epoch_start_));
  progress.set_step_seconds(progress.elapsed_seconds() / static_cast<double>(step_in_epoch_));
  reporter_.ReportProgress(progress);
}

}  // namespace traind
