#ifndef TRAIND_SERVER_TORCH_CHECKPOINT_MANIFEST_H_
#define TRAIND_SERVER_TORCH_CHECKPOINT_MANIFEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/run.pb.h"

namespace traind {

inline constexpr char kManifestFileName[] = "manifest.json";
inline constexpr char kWeightsFileName[] = "model.safetensors";

// What a checkpoint's `manifest.json` says: which files belong to it, whole and
// undamaged, and which epoch they are from.
struct CheckpointManifest {
  struct File {
    std::string name;
    int64_t size_bytes = 0;
    std::string sha256;  // 64 hexadecimal digits
  };

  std::vector<File> files;
  v1::EpochFinished metrics;  // of the epoch after which it was taken
};

// Describes a file by its size and SHA-256.
CheckpointManifest::File DescribeFile(absl::string_view name, absl::string_view bytes);

// The manifest as JSON, format version 1.
std::string WriteManifest(const CheckpointManifest& manifest);

// Reads epoch, step, evaluation figures and files back. DATA_LOSS for text that
// is not such a manifest; FAILED_PRECONDITION for a newer format version.
absl::StatusOr<CheckpointManifest> ReadManifest(absl::string_view text);

// Checks bytes by their description. DATA_LOSS says what was expected and what came.
absl::Status CheckFile(const CheckpointManifest::File& file, absl::string_view bytes);

// Checks that the manifest lists a file of this name with these bytes. DATA_LOSS
// says what was expected and what came.
absl::Status VerifyFile(const CheckpointManifest& manifest, absl::string_view name,
                        absl::string_view bytes);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CHECKPOINT_MANIFEST_H_
