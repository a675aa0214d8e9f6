#ifndef TRAIND_SERVER_STORE_FILE_CHECKPOINT_STORE_H_
#define TRAIND_SERVER_STORE_FILE_CHECKPOINT_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/runs/checkpoint_store.h"

namespace traind {

// Checkpoints of one run as folders `<directory>/step-000009380/`
// (docs/formats.md). Not thread-safe; one attempt at a time may write.
class FileCheckpointStore : public CheckpointStore {
 public:
  // Creates `directory` if need be and removes what a write or a removal that was
  // cut short left behind.
  static absl::StatusOr<std::unique_ptr<FileCheckpointStore>> Open(const std::string& directory);

  // Removes the same from every run `<runs_directory>/<run>/checkpoints`, also from
  // those that no attempt opens any more, and what is left of a trace that was to be replaced.
  // No attempt may write meanwhile.
  static absl::Status RemoveAllLeftovers(const std::string& runs_directory);

  // INVALID_ARGUMENT for a file name that is empty or leaves the folder.
  absl::Status Write(int64_t step, absl::Span<const CheckpointFile> files) override;
  absl::Status KeepOnly(absl::Span<const std::string> names) override;
  absl::StatusOr<std::vector<std::string>> List() const override;
  absl::StatusOr<std::vector<CheckpointFile>> Read(absl::string_view name) const override;

 private:
  explicit FileCheckpointStore(std::string directory) : directory_(std::move(directory)) {}
  std::string PathOf(absl::string_view name) const;

  const std::string directory_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_CHECKPOINT_STORE_H_
