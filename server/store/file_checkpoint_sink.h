#ifndef TRAIND_SERVER_STORE_FILE_CHECKPOINT_SINK_H_
#define TRAIND_SERVER_STORE_FILE_CHECKPOINT_SINK_H_

#include <memory>
#include <string>

#include "server/runs/checkpoint_sink.h"

namespace traind {

// Checkpoints of one run as folders `<directory>/epoch-00003/`, beside a file
// `best` that names the best one (docs/formats.md). Keeps the newest and the
// best. Not thread-safe; one attempt at a time may write.
class FileCheckpointSink : public CheckpointSink {
 public:
  // Creates `directory` if need be and removes what a write that was cut short
  // left behind.
  static absl::StatusOr<std::unique_ptr<FileCheckpointSink>> Open(const std::string& directory);

  // A checkpoint of the same epoch, from an earlier attempt, is replaced in one
  // step. On failure the earlier ones are untouched. INVALID_ARGUMENT for a file
  // name that is empty or leaves the folder.
  absl::StatusOr<std::string> Write(const Checkpoint& checkpoint) override;

 private:
  FileCheckpointSink(std::string directory, std::string best)
      : directory_(std::move(directory)), best_(std::move(best)) {}
  absl::Status WriteFiles(const Checkpoint& checkpoint, const std::string& folder) const;
  absl::Status ForgetOthers(const std::string& newest) const;

  const std::string directory_;
  std::string best_;  // name of the best checkpoint, empty when there is none
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_CHECKPOINT_SINK_H_
