#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAINING_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAINING_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/torch/nn/network.h"
#include "server/torch/train/checkpointer.h"
#include "server/torch/train/data_feed.h"
#include "server/torch/train/early_stop.h"
#include "server/torch/train/epoch_figures.h"
#include "server/torch/train/evaluator.h"
#include "server/torch/train/learning_rate.h"
#include "server/torch/train/progress_gate.h"
#include "server/torch/train/step_choice.h"
#include "server/torch/train/step_trace.h"
#include "server/torch/train/trainer.h"
#include "server/torch/train/training_steps.h"

namespace traind {

// The loop of one training: epochs of steps, each followed by an evaluation and a
// checkpoint. Used once, from one thread.
class Training {
 public:
  // Puts data and network on the device, and all where the newest checkpoint has
  // it. INVALID_ARGUMENT when the data does not fit the recipe; FAILED_PRECONDITION
  // when the checkpoint is of another basis. Throws c10::Error. `job`, `reporter` and
  // `store` must outlive the training. On a GPU it uses the thread's current stream.
  static absl::StatusOr<std::unique_ptr<Training>> Create(const TrainingJob& job, at::Device device,
                                                          const StepChoice& choice,
                                                          TrainingReporter& reporter,
                                                          CheckpointStore& store);
  Training(const Training&) = delete;

  // Runs every epoch, or until the recipe's early_stopping is due; SUCCEEDED or STOPPED.
  // INVALID_ARGUMENT for a loss that is not finite, otherwise the sink's errors. Throws
  // c10::Error.
  absl::StatusOr<worker::v1::Outcome> Run(const std::stop_token& stop);

  // Why it succeeded before its last epoch, for people; empty otherwise.
  std::string end_reason() const { return early_stop_.IsDue() ? early_stop_.Reason() : ""; }

  // After a failure: writes the checkpoints that were not yet written, if they can be.
  void KeepWhatIsHeld() { checkpointer_.WriteHeld().IgnoreError(); }

  // The step that runs or failed, 1-based; 0 before the first.
  int64_t step() const { return step_; }

 private:
  using Clock = std::chrono::steady_clock;

  Training(const TrainingJob& job, at::Device device, const StepChoice& choice,
           TrainingReporter& reporter, CheckpointStore& store, std::unique_ptr<Network> network,
           std::unique_ptr<Network> average);

  // What is better done before the first epoch's clock runs.
  absl::Status Prepare();

  // Where the newest checkpoint left off; without one, at the recipe's initial weights, which
  // are not needed any more later.
  absl::Status Resume();
  absl::Status TakeInitialWeights();
  void StartEpoch(int epoch);
  // False when asked to stop within the epoch.
  absl::StatusOr<bool> RunEpoch(const std::stop_token& stop);
  // Steps up to the next point at which the loop must have a look.
  int64_t CountToRun() const;
  absl::Status RunSteps(int64_t count);
  bool IsLogged(int64_t step) const { return step == 1 || step % log_every_steps_ == 0; }
  bool StopsAfter(int epoch) const {
    return job_.stop_after_epoch > 0 && epoch >= job_.stop_after_epoch;
  }
  // Of a fetched step of the running epoch, by its number within the run.
  double LossOf(int64_t step) const;
  absl::Status FetchLosses();
  const Network& evaluated() const { return average_ ? *average_ : *network_; }
  Evaluation Evaluate() const;
  // What an epoch's evaluation says; INVALID_ARGUMENT when it is not finite.
  absl::StatusOr<v1::EpochFinished> MeasureEpoch();
  absl::Status FinishEpoch(const std::stop_token& stop);
  // A checkpoint within the epoch, or after it by its evaluation.
  absl::StatusOr<Checkpointer::Draft> DraftCheckpoint(const v1::EpochFinished* evaluation);
  absl::Status WriteCheckpoint(const v1::EpochFinished* evaluation);
  // The last thing that a training does which was asked to stop.
  void SaveForLater();
  absl::StatusOr<std::string> SaveTensors() const;
  absl::Status LoadTensors(StateTensors& state);
  Clock::duration epoch_duration() const { return Clock::now() - epoch_start_; }
  void ReportStep(int64_t step);
  void ReportProgress(Clock::time_point now);

  // Constant after construction.
  const TrainingJob& job_;
  const at::Device device_;
  const StepChoice choice_;
  const int64_t log_every_steps_;
  // Steps between looks at a device's losses; each look waits for the device.
  const int64_t fetch_every_steps_;
  TrainingReporter& reporter_;

  std::unique_ptr<Network> network_;
  std::unique_ptr<Network> average_;  // null without averaging
  DataFeed feed_;
  const Evaluator evaluator_;
  LearningRate learning_rate_;
  EarlyStop early_stop_;
  EpochFigures figures_;
  std::unique_ptr<StepTrace> trace_;  // null without one
  std::unique_ptr<TrainingSteps> steps_;
  Checkpointer checkpointer_;
  ProgressGate progress_gate_;
  int epoch_ = 0;
  int64_t step_ = 0;
  int64_t step_in_epoch_ = 0;  // steps of the epoch that have begun
  // When the epoch would have started had it run without a break.
  Clock::time_point epoch_start_;
  Clock::duration data_wait_ = Clock::duration::zero();  // of this epoch
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAINING_H_
