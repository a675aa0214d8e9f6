#ifndef TRAIND_SERVER_TORCH_CHECKPOINT_CHECKPOINT_RETENTION_H_
#define TRAIND_SERVER_TORCH_CHECKPOINT_CHECKPOINT_RETENTION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A checkpoint that is kept.
struct KeptCheckpoint {
  int64_t step = 0;
  // How good the weights are, larger is better; absent within an epoch, where
  // they were not evaluated.
  std::optional<double> score;

  bool operator==(const KeptCheckpoint&) const = default;
};

// The score of an epoch by the recipe's selection; minus infinity for a metric that is not
// a number.
double EpochScore(const v1::Selection& selection, const v1::EpochFinished& epoch);

// True when no kept checkpoint is better: on a tie the later epoch wins.
bool IsBest(double score, const std::vector<KeptCheckpoint>& kept);

// Those of `checkpoints` (oldest first) that the policy keeps: the newest
// keep_last, and the best keep_best of those with a score. A policy of 0 keeps 1.
std::vector<KeptCheckpoint> Retain(const std::vector<KeptCheckpoint>& checkpoints,
                                   const v1::CheckpointPolicy& policy);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CHECKPOINT_CHECKPOINT_RETENTION_H_
