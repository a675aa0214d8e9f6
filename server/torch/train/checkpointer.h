#ifndef TRAIND_SERVER_TORCH_TRAIN_CHECKPOINTER_H_
#define TRAIND_SERVER_TORCH_TRAIN_CHECKPOINTER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/runs/checkpoint_store.h"
#include "server/runs/training_reporter.h"
#include "server/torch/checkpoint/training_record.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// When a training writes checkpoints, which it keeps, and from which it goes on.
// Not thread-safe.
class Checkpointer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `store` and `reporter` must outlive it.
  Checkpointer(const v1::Recipe& recipe, const v1::Execution& execution, TrainingBasis basis,
               CheckpointStore& store, TrainingReporter& reporter);

  // A checkpoint to go on from.
  struct Found {
    TrainingRecord record;
    std::string tensors;  // the bytes of training.safetensors
  };
  // The newest checkpoint that is whole, announced again in case the server
  // missed it; one that is damaged is named in a warning and passed over. None in
  // a new run. FAILED_PRECONDITION when its basis is another one.
  absl::StatusOr<std::optional<Found>> FindNewest();

  // Whether the policy asks for one after this step within an epoch.
  bool IsDueInEpoch(int64_t step, TimePoint now) const;
  // Steps from this one to the next after which it will ask for one by its number.
  int64_t StepsToNext(int64_t step) const;
  // Whether it asks for one after an epoch (1-based), by its evaluation.
  bool IsDueAfterEpoch(const v1::EpochFinished& epoch) const;
  // True when a step after the newest checkpoint has been done.
  bool IsBehind(int64_t step) const { return step > newest_step(); }

  // Writes a checkpoint: waits until all reports before it are stored, so that
  // nothing is missing when a later attempt goes on from it; then makes it durable,
  // reports it and forgets those that the policy does not keep. `record` needs
  // position and times; `tensors` is the training's state; `evaluation`, `weights`
  // (model.safetensors, of a module module.pt) and `sample` (sample.binpb) only after an epoch. The
  // store's errors.
  absl::Status Write(TrainingRecord record, std::string tensors,
                     const v1::EpochFinished* evaluation, std::string weights, std::string sample,
                     TimePoint start);

 private:
  int64_t newest_step() const { return kept_.empty() ? 0 : kept_.back().step; }
  absl::StatusOr<Found> Read(const std::string& name) const;
  void Announce(const TrainingRecord& record, int64_t size_bytes, double write_seconds);

  // Constant after construction.
  const v1::Selection selection_;
  const std::string weights_file_;
  const int epoch_count_;
  const v1::CheckpointPolicy policy_;
  const bool allow_inexact_;
  const TrainingBasis basis_;
  CheckpointStore& store_;
  TrainingReporter& reporter_;

  std::vector<KeptCheckpoint> kept_;  // oldest first
  TimePoint newest_time_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_CHECKPOINTER_H_
