#ifndef TRAIND_CLIENT_TRAINCTL_WHOLE_FILE_H_
#define TRAIND_CLIENT_TRAINCTL_WHOLE_FILE_H_

#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace traind {

// A file that appears whole or not at all: it is written beside its place, as
// `PATH.partial-PID`, and moved there by Commit. Without Commit the destructor
// takes the partial file away and a former file of that name stays. Not thread-safe.
class WholeFile {
 public:
  // INVALID_ARGUMENT when `path` is there and no plain file; else as the system says.
  static absl::StatusOr<std::unique_ptr<WholeFile>> Create(const std::string& path);

  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  std::ostream& stream() { return stream_; }
  // Puts the file on disk and in its place. DATA_LOSS when not all was written.
  absl::Status Commit();

 private:
  WholeFile(std::string path, std::string partial_path);

  const std::string path_;
  const std::string partial_path_;
  std::ofstream stream_;
  bool committed_ = false;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_WHOLE_FILE_H_
