#ifndef TRAIND_SERVER_RUNS_CHECKPOINT_SINK_H_
#define TRAIND_SERVER_RUNS_CHECKPOINT_SINK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// One file of a checkpoint.
struct CheckpointFile {
  std::string name;   // such as `model.safetensors`
  std::string bytes;  // its whole content
};

// A checkpoint on its way to disk.
struct Checkpoint {
  int epoch = 0;      // finished epochs
  int64_t step = 0;   // finished steps
  bool best = false;  // best by the recipe's selection so far
  std::vector<CheckpointFile> files;
};

// Where a training puts its checkpoints.
class CheckpointSink {
 public:
  virtual ~CheckpointSink() = default;

  // Makes the checkpoint durable (temp + fsync + rename), then forgets those
  // that are neither the newest nor the best. Returns its name below the run's
  // checkpoint folder, such as `epoch-00003`. RESOURCE_EXHAUSTED: disk full.
  virtual absl::StatusOr<std::string> Write(const Checkpoint& checkpoint) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_CHECKPOINT_SINK_H_
