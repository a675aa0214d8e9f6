#include "client/tensorboard/growing_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace traind {

absl::StatusOr<std::unique_ptr<GrowingFile>> GrowingFile::Open(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error)
    return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot create ", folder.string()));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  std::unique_ptr<GrowingFile> growing(new GrowingFile(path, file, 0));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("expected to be the only one that writes ",
                                                      path, ", but another process does"));
  }
  struct stat status {};
  if (fstat(file, &status) != 0) return growing->Fail("look at");
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected the name of a plain file, got ", path, ", which is none"));
  }
  growing->size_ = status.st_size;
  return growing;
}

GrowingFile::~GrowingFile() { close(file_); }

absl::Status GrowingFile::Fail(const std::string& what) const {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path_));
}

absl::StatusOr<size_t> GrowingFile::CountPresent(absl::string_view bytes) const {
  const int64_t left = std::max<int64_t>(size_ - position_, 0);
  std::string present(std::min(bytes.size(), static_cast<size_t>(left)), '\0');
  size_t read = 0;
  while (read < present.size()) {
    const ssize_t count = pread(file_, present.data() + read, present.size() - read,
                                position_ + static_cast<int64_t>(read));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail("read");
    if (count == 0) break;  // somebody has made it shorter
    read += static_cast<size_t>(count);
  }
  return std::mismatch(bytes.begin(), bytes.begin() + read, present.begin()).first - bytes.begin();
}

absl::Status GrowingFile::Append(absl::string_view bytes) {
  const absl::StatusOr<size_t> present = CountPresent(bytes);
  if (!present.ok()) return present.status();
  position_ += static_cast<int64_t>(*present);
  bytes.remove_prefix(*present);
  if (bytes.empty()) return absl::OkStatus();
  if (position_ < size_ && ftruncate(file_, position_) != 0) return Fail("shorten");
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file_, bytes.data(), bytes.size(), position_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail("write");
    position_ += count;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  size_ = position_;
  return absl::OkStatus();
}

absl::Status GrowingFile::Finish() {
  if (position_ < size_ && ftruncate(file_, position_) != 0) return Fail("shorten");
  if (fsync(file_) != 0) return Fail("write");
  return absl::OkStatus();
}

}  // namespace traind
