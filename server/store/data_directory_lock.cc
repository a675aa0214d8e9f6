#include "server/store/data_directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

absl::Status HeldByAnother(int fd, const std::string& directory) {
  char buffer[32];
  const ssize_t size = pread(fd, buffer, sizeof(buffer), 0);
  const std::string holder(absl::StripAsciiWhitespace(
      absl::string_view(buffer, size > 0 ? static_cast<size_t>(size) : 0)));
  return absl::FailedPreconditionError(absl::StrCat(
      "data directory ", directory, " is in use by process ", holder.empty() ? "(unknown)" : holder,
      "; stop that server or choose another data directory"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectoryLock>> DataDirectoryLock::Acquire(
    const std::string& directory) {
  RETURN_IF_ERROR(CreateDirectories(directory));
  const std::string path = absl::StrCat(directory, "/lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return FileError(errno, "cannot write", path);
  std::unique_ptr<DataDirectoryLock> lock(new DataDirectoryLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return HeldByAnother(fd, directory);
    return FileError(errno, "cannot lock", path);
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return FileError(errno, "cannot write", path);
  }
  return lock;
}

DataDirectoryLock::~DataDirectoryLock() { close(fd_); }

}  // namespace traind
