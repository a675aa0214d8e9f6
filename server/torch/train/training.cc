#include "server/torch/train/training.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/checkpoint/sha256.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/device.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/autograd_step.h"
#include "server/torch/train/training_check.h"

namespace traind {
namespace {

constexpr int64_t kDefaultLogEverySteps = 100;
constexpr int64_t kFetchEveryStepsOnDevice = 64;
constexpr std::chrono::milliseconds kProgressInterval(100);

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::chrono::steady_clock::duration ToDuration(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

// The same for the same bits, see TrainingBasis.
TrainingBasis BasisOf(const TrainingJob& job, at::Device device) {
  TrainingBasis basis;
  basis.recipe_sha256 = Sha256Hex(job.recipe.SerializeAsString());
  basis.device = device.is_cpu() ? "cpu" : "cuda";
  basis.precision = job.execution.precision() == v1::PRECISION_BF16 ? "bf16" : "fp32";
  basis.thread_count = ResolveThreadCount(job.execution.thread_count());
  basis.torch_version = TorchVersion();
  basis.cpu_capability = at::get_cpu_capability();
  return basis;
}

absl::StatusOr<std::unique_ptr<Network>> BuildNetwork(const v1::Recipe& recipe, at::Device device) {
  ASSIGN_OR_RETURN(Network network, Network::Build(recipe.network(), recipe.seed(), device));
  return std::make_unique<Network>(std::move(network));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Training>> Training::Create(const TrainingJob& job,
                                                           at::Device device,
                                                           TrainingReporter& reporter,
                                                           CheckpointStore& store) {
  ASSIGN_OR_RETURN(std::unique_ptr<Network> network, BuildNetwork(job.recipe, device));
  RETURN_IF_ERROR(
      CheckDataFits(job.recipe, job.train_split, job.eval_split, network->class_count()));
  std::unique_ptr<Network> average;
  if (job.recipe.has_ema()) {
    // The same seed gives the same values, from which the average starts.
    ASSIGN_OR_RETURN(average, BuildNetwork(job.recipe, device));
  }
  std::unique_ptr<Training> training(
      new Training(job, device, reporter, store, std::move(network), std::move(average)));
  RETURN_IF_ERROR(training->Resume());
  return training;
}

Training::Training(const TrainingJob& job, at::Device device, TrainingReporter& reporter,
                   CheckpointStore& store, std::unique_ptr<Network> network,
                   std::unique_ptr<Network> average)
    : job_(job),
      device_(device),
      log_every_steps_(job.execution.log_every_steps() > 0 ? job.execution.log_every_steps()
                                                           : kDefaultLogEverySteps),
      fetch_every_steps_(device.is_cpu() ? 1 : kFetchEveryStepsOnDevice),
      reporter_(reporter),
      network_(std::move(network)),
      average_(std::move(average)),
      feed_(job.train_split, job.recipe, device),
      evaluator_(job.eval_split, job.recipe.data().normalization(), device),
      learning_rate_(job.recipe, feed_.step_count() * job.recipe.epoch_count()),
      train_step_(
          std::make_unique<AutogradStep>(job.recipe, job.execution.precision(), device, *network_)),
      checkpointer_(job.recipe, job.execution, BasisOf(job, device), store, reporter),
      progress_gate_(kProgressInterval),
      figures_(feed_.step_count(), device) {
  if (average_) weight_average_.emplace(job.recipe.ema(), *network_, *average_);
}

absl::StatusOr<worker::v1::Outcome> Training::Run(const std::stop_token& stop) {
  while (step_in_epoch_ > 0 || epoch_ < job_.recipe.epoch_count()) {
    if (step_in_epoch_ == 0) {
      if (stop.stop_requested()) return worker::v1::OUTCOME_STOPPED;
      StartEpoch(epoch_ + 1);
    }
    ASSIGN_OR_RETURN(const bool finished, RunEpoch(stop));
    if (!finished) return worker::v1::OUTCOME_STOPPED;
  }
  return worker::v1::OUTCOME_SUCCEEDED;
}

absl::Status Training::Resume() {
  ASSIGN_OR_RETURN(const std::optional<Checkpointer::Found> found, checkpointer_.FindNewest());
  if (!found) return absl::OkStatus();
  const TrainingRecord& record = found->record;
  epoch_ = record.epoch;
  step_ = record.step;
  step_in_epoch_ = record.epoch_finished ? 0 : record.step_in_epoch;
  // Dropout's numbers and the epoch's order come from the epoch, then go on within it.
  feed_.StartEpoch(epoch_);
  feed_.Skip(step_in_epoch_);
  train_step_->StartEpoch(epoch_);
  data_wait_ = ToDuration(record.data_wait_seconds);
  epoch_start_ = Clock::now() - ToDuration(record.epoch_seconds);
  return LoadTensors(found->tensors);
}

void Training::StartEpoch(int epoch) {
  epoch_ = epoch;
  v1::Event event;
  event.mutable_epoch_started()->set_epoch(epoch);
  event.mutable_epoch_started()->set_step_count(feed_.step_count());
  reporter_.Report(std::move(event));

  epoch_start_ = Clock::now();
  feed_.StartEpoch(epoch);
  data_wait_ = epoch_duration();
  train_step_->StartEpoch(epoch);
  figures_ = EpochFigures(feed_.step_count(), device_);
}

absl::StatusOr<bool> Training::RunEpoch(const std::stop_token& stop) {
  while (step_in_epoch_ < feed_.step_count()) {
    if (stop.stop_requested()) {
      SaveForLater();
      return false;
    }
    RETURN_IF_ERROR(RunStep());
    if (step_in_epoch_ < feed_.step_count() && checkpointer_.IsDueInEpoch(step_, Clock::now())) {
      RETURN_IF_ERROR(WriteCheckpoint(nullptr));
    }
  }
  RETURN_IF_ERROR(FinishEpoch(stop));
  step_in_epoch_ = 0;
  return true;
}

absl::Status Training::RunStep() {
  ++step_;
  ++step_in_epoch_;
  const Clock::time_point start = Clock::now();
  const Batch batch = feed_.Next();
  data_wait_ += Clock::now() - start;
  figures_.Record(train_step_->Run(batch, learning_rate_.At(step_)), batch.labels.size(0));
  if (weight_average_) weight_average_->Update(step_);

  const Clock::time_point now = Clock::now();
  const bool last = step_in_epoch_ == feed_.step_count();
  const bool log = step_ == 1 || step_ % log_every_steps_ == 0;
  const bool progress = progress_gate_.Pass(now);
  if (log || progress || last || step_ % fetch_every_steps_ == 0) RETURN_IF_ERROR(FetchLosses());
  const float loss = log || progress ? figures_.loss(step_in_epoch_ - 1) : 0;
  if (log) ReportStep(loss);
  if (progress) ReportProgress(loss, now);
  return absl::OkStatus();
}

absl::Status Training::FetchLosses() {
  const std::optional<int64_t> bad = figures_.Fetch();
  if (!bad) return absl::OkStatus();
  step_ -= step_in_epoch_ - 1 - *bad;  // it is noticed some steps later on a GPU
  return absl::InvalidArgumentError(absl::StrCat(
      "the loss became ", figures_.loss(*bad), " at step ", step_, " (epoch ", epoch_,
      ", learning rate ", learning_rate_.At(step_),
      "); try a smaller optimizer.sgd.learning_rate, a longer warm-up or another seed"));
}

absl::Status Training::FinishEpoch(const std::stop_token& stop) {
  v1::EpochFinished finished;
  figures_.Describe(finished);
  finished.set_train_seconds(Seconds(epoch_duration()));
  finished.set_data_wait_seconds(Seconds(data_wait_));
  const Clock::time_point start = Clock::now();
  const Evaluation evaluation = evaluator_.Evaluate(average_ ? *average_ : *network_);
  finished.set_epoch(epoch_);
  finished.set_step(step_);
  finished.set_eval_loss(evaluation.loss);
  finished.set_eval_correct_count(evaluation.correct_count);
  finished.set_eval_sample_count(evaluation.row_count);
  finished.set_eval_seconds(Seconds(Clock::now() - start));
  if (!std::isfinite(evaluation.loss)) {
    return absl::InvalidArgumentError(absl::StrCat("the evaluation loss became ", evaluation.loss,
                                                   " after step ", step_, " (epoch ", epoch_,
                                                   "); try a smaller optimizer.sgd.learning_rate"));
  }
  v1::Event event;
  *event.mutable_epoch_finished() = finished;
  reporter_.Report(std::move(event));
  if (!checkpointer_.IsDueAfterEpoch(finished) && !stop.stop_requested()) {
    return absl::OkStatus();
  }
  return WriteCheckpoint(&finished);
}

absl::Status Training::WriteCheckpoint(const v1::EpochFinished* evaluation) {
  const Clock::time_point start = Clock::now();
  RETURN_IF_ERROR(FetchLosses());
  TrainingRecord record;
  record.epoch = epoch_;
  record.step = step_;
  record.step_in_epoch = step_in_epoch_;
  record.epoch_seconds = Seconds(epoch_duration());
  record.data_wait_seconds = Seconds(data_wait_);
  ASSIGN_OR_RETURN(std::string tensors, SaveTensors());
  std::string weights;
  std::string sample;
  if (evaluation != nullptr) {
    const Network& evaluated = average_ ? *average_ : *network_;
    ASSIGN_OR_RETURN(weights, SaveState(evaluated));
    sample = evaluator_.Sample(evaluated).SerializeAsString();
  }
  RETURN_IF_ERROR(checkpointer_.Write(std::move(record), std::move(tensors), evaluation,
                                      std::move(weights), std::move(sample), start));
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
  train_step_->Save(state);
  figures_.Save(state);
  if (weight_average_) {
    PutNetwork("average.", *average_, state);
    weight_average_->Save(state);
  }
  return state.Serialize();
}

absl::Status Training::LoadTensors(absl::string_view file) {
  ASSIGN_OR_RETURN(StateTensors state, StateTensors::Parse(file));
  RETURN_IF_ERROR(TakeNetwork("network.", state, *network_));
  RETURN_IF_ERROR(train_step_->Load(state));
  RETURN_IF_ERROR(figures_.Load(state));
  if (weight_average_) {
    RETURN_IF_ERROR(TakeNetwork("average.", state, *average_));
    RETURN_IF_ERROR(weight_average_->Load(state));
  }
  return state.CheckAllTaken();
}

void Training::ReportStep(float loss) {
  v1::Event event;
  v1::TrainStep& train_step = *event.mutable_train_step();
  train_step.set_step(step_);
  train_step.set_epoch(epoch_);
  train_step.set_loss(loss);
  train_step.set_learning_rate(learning_rate_.At(step_));
  reporter_.Report(std::move(event));
}

void Training::ReportProgress(float loss, Clock::time_point now) {
  v1::Progress progress;
  progress.set_epoch(epoch_);
  progress.set_step_in_epoch(step_in_epoch_);
  progress.set_step_count(feed_.step_count());
  progress.set_loss(loss);
  progress.set_elapsed_seconds(Seconds(now - epoch_start_));
  progress.set_step_seconds(progress.elapsed_seconds() / static_cast<double>(step_in_epoch_));
  reporter_.ReportProgress(progress);
}

}  // namespace traind
