#ifndef TRAIND_SERVER_TORCH_CHECKPOINT_TRAINING_RECORD_H_
#define TRAIND_SERVER_TORCH_CHECKPOINT_TRAINING_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/torch/checkpoint/checkpoint_retention.h"
#include "server/torch/checkpoint/manifest.h"

namespace traind {

inline constexpr char kTrainingRecordFileName[] = "training.json";
inline constexpr char kTrainingTensorsFileName[] = "training.safetensors";

// What decides a training's bits beside its data. A training goes on from a
// checkpoint only where all of it is the same.
struct TrainingBasis {
  std::string recipe_sha256;
  std::string device;     // `cpu`, or a GPU's kind such as `cuda NVIDIA H100`
  std::string precision;  // `fp32`, `tf32` or `bf16`
  int thread_count = 0;
  std::string torch_version;
  // The kernels that LibTorch chose, such as `AVX512`, and what the step uses besides:
  // `AVX512+amx`.
  std::string cpu_capability;
  std::string step = "plain";  // how steps are computed: a name as in execution.step

  bool operator==(const TrainingBasis&) const = default;
};

// FAILED_PRECONDITION names what differs, what it was and what it is.
absl::Status CheckSameBasis(const TrainingBasis& was, const TrainingBasis& is);

// A checkpoint's `training.json`: where the training stood.
struct TrainingRecord {
  int epoch = 0;              // 1-based; runs or has just been evaluated
  int64_t step = 0;           // finished steps of the run
  int64_t step_in_epoch = 0;  // finished steps of the epoch
  bool epoch_finished = false;
  double epoch_seconds = 0;          // of training in this epoch
  double data_wait_seconds = 0;      // of these, waiting for data
  std::vector<KeptCheckpoint> kept;  // this one last
  TrainingBasis basis;
  std::vector<CheckpointManifest::File> files;  // every other one of the checkpoint
};

// The record as JSON, format version 1, with a digest of itself.
std::string WriteTrainingRecord(const TrainingRecord& record);

// DATA_LOSS for text that is not such a record; FAILED_PRECONDITION for a newer
// format version.
absl::StatusOr<TrainingRecord> ReadTrainingRecord(absl::string_view text);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CHECKPOINT_TRAINING_RECORD_H_
