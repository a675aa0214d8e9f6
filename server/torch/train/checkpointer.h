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
#include "server/torch/train/checkpoint_pace.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// When a training writes checkpoints, which it keeps, and from which it goes on. Those of
// quick epochs are held in memory for a while, and what no longer would be kept by then is
// never written. Not thread-safe.
class Checkpointer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `store` and `reporter` must outlive it.
  Checkpointer(const v1::Recipe& recipe, const v1::Execution& execution, TrainingBasis basis,
               const CheckpointPace& pace, CheckpointStore& store, TrainingReporter& reporter);

  // What a checkpoint is made of.
  struct Draft {
    TrainingRecord record;  // position and times
    std::string tensors;    // the bytes of training.safetensors
    // After an epoch its evaluation, and the bytes of model.safetensors and sample.binpb.
    std::optional<v1::EpochFinished> evaluation;
    std::string weights;
    std::string sample;
    std::chrono::steady_clock::duration taken{};  // by its making
  };

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
  // Whether one must be written after an epoch (1-based), by its evaluation.
  bool IsDueAfterEpoch(const v1::EpochFinished& epoch, TimePoint now) const;
  // Of an epoch without: whether it would be kept, so that it must be held.
  bool IsHeldAfterEpoch(const v1::EpochFinished& epoch) const;
  // True when a step after the newest written checkpoint has been done.
  bool IsBehind(int64_t step) const { return step > newest_step(); }

  // Writes what is held, then this checkpoint: waits until all reports before it are stored,
  // so that nothing is missing when a later attempt goes on from it; then makes it durable,
  // reports it and forgets those that the policy does not keep. The store's errors.
  absl::Status Write(Draft draft);
  // Holds a checkpoint after an epoch, and forgets those held that it replaces. Writes all
  // that is held when it is too large; then as Write.
  absl::Status Hold(Draft draft);
  // Writes what is held, as Write: a training that fails keeps the best that it had.
  absl::Status WriteHeld();

 private:
  int64_t newest_step() const { return kept_.empty() ? 0 : kept_.back().step; }
  KeptCheckpoint Described(const Draft& draft) const;
  // Written and held ones, with this one behind them.
  std::vector<KeptCheckpoint> AllWith(const KeptCheckpoint& checkpoint) const;
  // Those of them that would be kept were a newer one written too.
  std::vector<KeptCheckpoint> KeptWith(const KeptCheckpoint& checkpoint) const;
  void HoldOnly(const std::vector<KeptCheckpoint>& kept);
  absl::Status WriteOne(Draft draft);
  absl::StatusOr<Found> Read(const std::string& name) const;
  void Announce(const TrainingRecord& record, int64_t size_bytes, double write_seconds);

  // Constant after construction.
  const v1::Selection selection_;
  const std::string weights_file_;
  const int epoch_count_;
  const v1::CheckpointPolicy policy_;
  const bool allow_inexact_;
  const TrainingBasis basis_;
  const CheckpointPace pace_;
  CheckpointStore& store_;
  TrainingReporter& reporter_;

  std::vector<KeptCheckpoint> kept_;  // written, oldest first
  std::vector<Draft> held_;           // of epochs after these, oldest first
  TimePoint newest_time_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_CHECKPOINTER_H_
