#ifndef TRAIND_SERVER_TORCH_TRAIN_CHECKPOINT_PACE_H_
#define TRAIND_SERVER_TORCH_TRAIN_CHECKPOINT_PACE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace traind {

// How often epochs that end in quick succession have their checkpoints written (ADR 21).
struct CheckpointPace {
  // Between two of them there is at least so much time, unless a policy's number asks for one
  // or the training ends. Those between are held in memory as long as they would be kept.
  absl::Duration interval_min;
  // What is held is written once it is larger.
  int64_t held_bytes_max = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_CHECKPOINT_PACE_H_
