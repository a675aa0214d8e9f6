#ifndef TRAIND_CLIENT_TRAINCTL_PUSH_FILES_H_
#define TRAIND_CLIENT_TRAINCTL_PUSH_FILES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/push_source.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// Files on this machine that are pushed: one, or all below a folder but hidden ones, in the
// order of their names. Used by one thread.
class PushFiles : public PushSource {
 public:
  // NOT_FOUND or PERMISSION_DENIED; INVALID_ARGUMENT for a folder without files, or a name
  // that is not UTF-8.
  static absl::StatusOr<PushFiles> Collect(const std::string& path);

  // Reads all bytes once. Fails when a file cannot be read or its size has changed.
  absl::StatusOr<std::string> Sha256();

  int64_t total_bytes() const { return total_bytes_; }

  // Puts the files into the request.
  void Describe(v1::BeginDatasetPushRequest& request) const;

  // Told by OnProgress.
  void set_on_progress(std::function<void(int64_t, int64_t)> on_progress) {
    on_progress_ = std::move(on_progress);
  }

  absl::StatusOr<std::string> Read(int64_t offset, int64_t bytes_max) override;
  void OnProgress(int64_t sent_bytes, int64_t total_bytes) override {
    if (on_progress_) on_progress_(sent_bytes, total_bytes);
  }

 private:
  struct File {
    std::string path;   // on this machine
    std::string name;   // below what is pushed
    int64_t begin = 0;  // among the bytes of all
    int64_t size = 0;
  };

  absl::Status Add(const std::string& path, const std::string& name);

  std::vector<File> files_;
  int64_t total_bytes_ = 0;
  std::function<void(int64_t, int64_t)> on_progress_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PUSH_FILES_H_
