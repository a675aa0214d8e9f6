#ifndef TRAIND_SERVER_STORE_PUSH_FOLDER_H_
#define TRAIND_SERVER_STORE_PUSH_FOLDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/datasets/input_file.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// One push on disk: its request, and its files as far as they have come. Thread-safe.
class PushFolder {
 public:
  // Makes the folder, which is not there yet, and makes the request durable in it.
  static absl::StatusOr<std::shared_ptr<PushFolder>> Create(
      const std::string& folder, const v1::BeginDatasetPushRequest& request, absl::Time now);
  // Takes over what an earlier process left. DATA_LOSS when it cannot go on.
  static absl::StatusOr<std::shared_ptr<PushFolder>> Open(const std::string& folder,
                                                          absl::Time now);

  // ABORTED when `offset` is not where the bytes end, or the files are being read.
  absl::Status Append(int64_t offset, absl::string_view bytes, absl::Time now);

  // Keeps others from touching it until Release. FAILED_PRECONDITION while bytes are
  // missing, ABORTED when another one has it.
  absl::Status Claim();
  void Release();

  const std::string& folder() const { return folder_; }
  std::string id() const;
  const v1::BeginDatasetPushRequest& request() const { return request_; }
  int64_t total_bytes() const { return total_bytes_; }
  int64_t received_bytes() const;
  // Whether nobody has touched it since then; never while it is claimed.
  bool IsIdleSince(absl::Time time) const;

 private:
  PushFolder(std::string folder, v1::BeginDatasetPushRequest request, absl::Time now);
  // From that byte of the file on.
  static absl::Status Write(const std::string& path, int64_t position, absl::string_view bytes);
  // Files without a byte, which no piece writes.
  absl::Status CreateEmptyFiles() const;

  // Constant after construction.
  const std::string folder_;
  const v1::BeginDatasetPushRequest request_;
  const std::vector<InputFile> files_;
  const int64_t total_bytes_;

  mutable absl::Mutex mutex_;
  int64_t received_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The file that the next byte belongs to, and how many it has.
  int file_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t file_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool claimed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_touch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_PUSH_FOLDER_H_
