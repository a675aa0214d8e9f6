#ifndef TRAIND_CLIENT_TENSORBOARD_GROWING_FILE_H_
#define TRAIND_CLIENT_TENSORBOARD_GROWING_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// A file whose content is told from the start each time, and which grows: what it has
// already is left alone, so that a program that reads it meanwhile reads on; what is
// new is appended, also behind half a record that was cut off. From the first byte
// on that differs, it is replaced. Not thread-safe, and for one writer at a time.
class GrowingFile {
 public:
  // Opens the file, or makes it and the folders above it. Errors as the system says;
  // FAILED_PRECONDITION while another process writes it.
  static absl::StatusOr<std::unique_ptr<GrowingFile>> Open(const std::string& path);

  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  // The next part of the content; readers see it at once.
  absl::Status Append(absl::string_view bytes);
  // Takes away what lies behind the content, and puts the file on disk.
  absl::Status Finish();

 private:
  GrowingFile(std::string path, int file, int64_t size)
      : path_(std::move(path)), file_(file), size_(size) {}
  // How many of the bytes the file has at its place already.
  absl::StatusOr<size_t> CountPresent(absl::string_view bytes) const;
  absl::Status Fail(const std::string& what) const;

  const std::string path_;
  const int file_;
  int64_t size_;          // of the file
  int64_t position_ = 0;  // of the next part
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TENSORBOARD_GROWING_FILE_H_
