#ifndef TRAIND_SERVER_RUNS_CHECKPOINT_STORE_H_
#define TRAIND_SERVER_RUNS_CHECKPOINT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace traind {

// Names of files that only a training needs to go on begin so; a published
// version goes without them.
inline constexpr char kTrainingFilePrefix[] = "training.";

// A traind.v1.ModelSample, serialised: what the evaluated weights answer.
inline constexpr char kSampleFileName[] = "sample.binpb";

// One file of a checkpoint.
struct CheckpointFile {
  std::string name;   // such as `model.safetensors`
  std::string bytes;  // its whole content
};

// Where one run's training keeps its checkpoints, each under the step after which
// it was taken.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // The name of the checkpoint of a step, such as `step-000009380`. Names sort
  // as their steps do.
  static std::string Name(int64_t step) { return absl::StrFormat("step-%09d", step); }

  // Makes the checkpoint durable (temp + fsync + rename); one of the same step is
  // replaced at once. RESOURCE_EXHAUSTED: disk full; what was there stays good.
  virtual absl::Status Write(int64_t step, absl::Span<const CheckpointFile> files) = 0;

  // Forgets every checkpoint that is not named.
  virtual absl::Status KeepOnly(absl::Span<const std::string> names) = 0;

  // Names of all checkpoints, newest step first.
  virtual absl::StatusOr<std::vector<std::string>> List() const = 0;

  // All files of a checkpoint, as they are. NOT_FOUND; DATA_LOSS when a file
  // cannot be read.
  virtual absl::StatusOr<std::vector<CheckpointFile>> Read(absl::string_view name) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_CHECKPOINT_STORE_H_
