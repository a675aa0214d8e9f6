#include "server/store/file_disk_reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kPlenty = 4;

}  // namespace

FileDiskReserve::FileDiskReserve(std::string path, int64_t size_bytes)
    : path_(std::move(path)), size_bytes_(size_bytes) {
  std::error_code error;
  {
    absl::MutexLock lock(&mutex_);
    held_ = fs::file_size(path_, error) == static_cast<std::uintmax_t>(size_bytes_) && !error;
  }
  Restore();
}

void FileDiskReserve::Release() {
  absl::MutexLock lock(&mutex_);
  held_ = false;
  unlink(path_.c_str());
}

void FileDiskReserve::Restore() {
  absl::MutexLock lock(&mutex_);
  if (held_ || !HasPlenty()) return;
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  // Blocks, not a hole: a hole would hold nothing back.
  held_ = posix_fallocate(fd, 0, size_bytes_) == 0;
  close(fd);
  if (!held_) unlink(path_.c_str());
}

bool FileDiskReserve::held() const {
  absl::MutexLock lock(&mutex_);
  return held_;
}

bool FileDiskReserve::HasPlenty() const {
  std::error_code error;
  const fs::space_info space = fs::space(fs::path(path_).parent_path(), error);
  return !error && space.available >= kPlenty * static_cast<std::uintmax_t>(size_bytes_);
}

}  // namespace traind
