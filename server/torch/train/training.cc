#include "server/torch/train/training.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/checkpoint/manifest.h"
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

absl::StatusOr<std::unique_ptr<Network>> BuildNetwork(const v1::Recipe& recipe, at::Device device) {
  ASSIGN_OR_RETURN(Network network, Network::Build(recipe.network(), recipe.seed(), device));
  return std::make_unique<Network>(std::move(network));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Training>> Training::Create(const TrainingJob& job,
                                                           at::Device device,
                                                           TrainingReporter& reporter,
                                                           CheckpointSink& sink) {
  ASSIGN_OR_RETURN(std::unique_ptr<Network> network, BuildNetwork(job.recipe, device));
  RETURN_IF_ERROR(
      CheckDataFits(job.recipe, job.train_split, job.eval_split, network->class_count()));
  std::unique_ptr<Network> average;
  if (job.recipe.has_ema()) {
    // The same seed gives the same values, from which the average starts.
    ASSIGN_OR_RETURN(average, BuildNetwork(job.recipe, device));
  }
  return std::unique_ptr<Training>(
      new Training(job, device, reporter, sink, std::move(network), std::move(average)));
}

Training::Training(const TrainingJob& job, at::Device device, TrainingReporter& reporter,
                   CheckpointSink& sink, std::unique_ptr<Network> network,
                   std::unique_ptr<Network> average)
    : job_(job),
      device_(device),
      log_every_steps_(job.execution.log_every_steps() > 0 ? job.execution.log_every_steps()
                                                           : kDefaultLogEverySteps),
      fetch_every_steps_(device.is_cpu() ? 1 : kFetchEveryStepsOnDevice),
      reporter_(reporter),
      sink_(sink),
      network_(std::move(network)),
      average_(std::move(average)),
      feed_(job.train_split, job.recipe, device),
      evaluator_(job.eval_split, job.recipe.data().normalization(), device),
      learning_rate_(job.recipe, feed_.step_count() * job.recipe.epoch_count()),
      train_step_(
          std::make_unique<AutogradStep>(job.recipe, job.execution.precision(), device, *network_)),
      best_epoch_(job.recipe.selection()),
      progress_gate_(kProgressInterval) {
  if (average_) weight_average_.emplace(job.recipe.ema(), *network_, *average_);
}

absl::StatusOr<worker::v1::Outcome> Training::Run(const std::stop_token& stop) {
  for (int epoch = 1; epoch <= job_.recipe.epoch_count(); ++epoch) {
    ASSIGN_OR_RETURN(const bool finished, RunEpoch(epoch, stop));
    if (!finished) return worker::v1::OUTCOME_STOPPED;
  }
  return worker::v1::OUTCOME_SUCCEEDED;
}

absl::StatusOr<bool> Training::RunEpoch(int epoch, const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  epoch_ = epoch;
  const int64_t step_count = feed_.step_count();
  v1::Event event;
  event.mutable_epoch_started()->set_epoch(epoch);
  event.mutable_epoch_started()->set_step_count(step_count);
  reporter_.Report(std::move(event));

  epoch_start_ = Clock::now();
  data_wait_ = Clock::duration::zero();
  feed_.StartEpoch(epoch);
  data_wait_ += Clock::now() - epoch_start_;
  train_step_->StartEpoch(epoch);
  EpochFigures figures(step_count, device_);
  for (int64_t index = 0; index < step_count; ++index) {
    if (stop.stop_requested()) return false;
    RETURN_IF_ERROR(RunStep(index, figures));
  }
  v1::EpochFinished finished;
  figures.Describe(finished);
  finished.set_train_seconds(Seconds(Clock::now() - epoch_start_));
  finished.set_data_wait_seconds(Seconds(data_wait_));
  RETURN_IF_ERROR(FinishEpoch(std::move(finished)));
  return true;
}

absl::Status Training::RunStep(int64_t index, EpochFigures& figures) {
  ++step_;
  const Clock::time_point start = Clock::now();
  const Batch batch = feed_.Next();
  data_wait_ += Clock::now() - start;
  figures.Record(train_step_->Run(batch, learning_rate_.At(step_)), batch.labels.size(0));
  if (weight_average_) weight_average_->Update(step_);

  const Clock::time_point now = Clock::now();
  const bool last = index + 1 == feed_.step_count();
  const bool log = step_ == 1 || step_ % log_every_steps_ == 0;
  const bool progress = progress_gate_.Pass(now);
  if (log || progress || last || step_ % fetch_every_steps_ == 0) {
    RETURN_IF_ERROR(FetchLosses(index, figures));
  }
  if (log) ReportStep(figures.loss(index));
  if (progress) ReportProgress(index, figures.loss(index), now);
  return absl::OkStatus();
}

absl::Status Training::FetchLosses(int64_t index, EpochFigures& figures) {
  const std::optional<int64_t> bad = figures.Fetch();
  if (!bad) return absl::OkStatus();
  step_ -= index - *bad;  // it is noticed some steps later on a GPU
  return absl::InvalidArgumentError(absl::StrCat(
      "the loss became ", figures.loss(*bad), " at step ", step_, " (epoch ", epoch_,
      ", learning rate ", learning_rate_.At(step_),
      "); try a smaller optimizer.sgd.learning_rate, a longer warm-up or another seed"));
}

absl::Status Training::FinishEpoch(v1::EpochFinished finished) {
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
  return WriteCheckpoint(finished);
}

absl::Status Training::WriteCheckpoint(const v1::EpochFinished& finished) {
  const Clock::time_point start = Clock::now();
  Checkpoint checkpoint;
  checkpoint.epoch = epoch_;
  checkpoint.step = step_;
  checkpoint.best = best_epoch_.Offer(finished);
  ASSIGN_OR_RETURN(std::string weights, SaveState(average_ ? *average_ : *network_));
  CheckpointManifest manifest;
  manifest.files.push_back(DescribeFile(kWeightsFileName, weights));
  manifest.metrics = finished;
  checkpoint.files.push_back({kWeightsFileName, std::move(weights)});
  checkpoint.files.push_back({kManifestFileName, WriteManifest(manifest)});
  int64_t size_bytes = 0;
  for (const CheckpointFile& file : checkpoint.files) {
    size_bytes += static_cast<int64_t>(file.bytes.size());
  }
  ASSIGN_OR_RETURN(std::string path, sink_.Write(checkpoint));

  v1::Event event;
  v1::CheckpointWritten& written = *event.mutable_checkpoint_written();
  written.set_epoch(epoch_);
  written.set_step(step_);
  written.set_path(std::move(path));
  written.set_size_bytes(size_bytes);
  written.set_best(checkpoint.best);
  written.set_write_seconds(Seconds(Clock::now() - start));
  reporter_.Report(std::move(event));
  return absl::OkStatus();
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

void Training::ReportProgress(int64_t index, float loss, Clock::time_point now) {
  v1::Progress progress;
  progress.set_epoch(epoch_);
  progress.set_step_in_epoch(index + 1);
  progress.set_step_count(feed_.step_count());
  progress.set_loss(loss);
  progress.set_elapsed_seconds(Seconds(now - epoch_start_));
  progress.set_step_seconds(progress.elapsed_seconds() / static_cast<double>(index + 1));
  reporter_.ReportProgress(progress);
}

}  // namespace traind
