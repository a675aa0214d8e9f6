#include "server/store/durable_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

absl::Status FlushAndClose(int fd, const std::string& path) {
  const int flush_error = fsync(fd) == 0 ? 0 : errno;
  // Some file systems report a full disk only here.
  const int close_error = close(fd) == 0 ? 0 : errno;
  if (flush_error != 0) return FileError(flush_error, "cannot flush", path);
  if (close_error != 0) return FileError(close_error, "cannot close", path);
  return absl::OkStatus();
}

absl::Status CopyFileDurably(const std::string& from, const std::string& to) {
  const int source = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (source < 0) return FileError(errno, "cannot read", from);
  const absl::Cleanup close_source = [source] { close(source); };
  const int target = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (target < 0) return FileError(errno, "cannot create", to);
  std::string buffer(1 << 20, '\0');
  absl::Status status;
  while (status.ok()) {
    const ssize_t count = read(source, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) status = FileError(errno, "cannot read", from);
    if (count <= 0) break;
    status = WriteAll(target, to, absl::string_view(buffer.data(), static_cast<size_t>(count)));
  }
  const absl::Status flushed = FlushAndClose(target, to);
  return status.ok() ? flushed : status;
}

// For file systems that cannot exchange, such as some network and shared folders:
// a crash between the two renames leaves the old directory under `from` + ".old".
absl::Status ReplaceWithoutExchange(const std::string& from, const std::string& to) {
  const std::string aside = absl::StrCat(from, ".old");
  RETURN_IF_ERROR(RemoveTree(aside));
  if (rename(to.c_str(), aside.c_str()) != 0 || rename(from.c_str(), to.c_str()) != 0) {
    return FileError(errno, "cannot replace", to);
  }
  RETURN_IF_ERROR(SyncDirectory(ParentOf(to)));
  return RemoveTree(aside);
}

}  // namespace

absl::Status WriteAll(int fd, const std::string& path, absl::string_view bytes) {
  const size_t size = bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return FileError(errno, absl::StrCat("cannot write ", size, " bytes to"), path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status CreateDirectories(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  const std::string parent = ParentOf(path);
  if (parent != path) RETURN_IF_ERROR(CreateDirectories(parent));
  if (mkdir(path.c_str(), 0755) != 0) {
    // Another process may have been quicker; a file of that name is an error.
    if (errno == EEXIST && fs::is_directory(path, error)) return absl::OkStatus();
    return FileError(errno, "cannot create directory", path);
  }
  return SyncDirectory(parent);
}

absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return FileError(errno, "cannot create", path);
  if (absl::Status written = WriteAll(fd, path, bytes); !written.ok()) {
    close(fd);
    return written;
  }
  return FlushAndClose(fd, path);
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError(errno, "cannot open directory", path);
  return FlushAndClose(fd, path);
}

absl::Status ReplaceFileDurably(const std::string& path, absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".new");
  RETURN_IF_ERROR(WriteFileDurably(temporary, bytes));
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileError(errno, "cannot replace", path);
  return SyncDirectory(ParentOf(path));
}

absl::Status PublishDirectory(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::exists(to, error)) {
    if (rename(from.c_str(), to.c_str()) != 0) return FileError(errno, "cannot create", to);
    return SyncDirectory(ParentOf(to));
  }
  // rename() cannot replace a directory that is not empty; an exchange can, and
  // never leaves the name without a complete directory behind it.
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) return FileError(errno, "cannot replace", to);
    return ReplaceWithoutExchange(from, to);
  }
  RETURN_IF_ERROR(SyncDirectory(ParentOf(to)));
  return RemoveTree(from);
}

absl::Status CopyTreeDurably(const std::string& from, const std::string& to,
                             absl::string_view left_out_prefix) {
  if (mkdir(to.c_str(), 0755) != 0) return FileError(errno, "cannot create directory", to);
  std::error_code error;
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!left_out_prefix.empty() && absl::StartsWith(name, left_out_prefix)) continue;
    const std::string source = entry->path().string();
    const std::string target = (fs::path(to) / entry->path().filename()).string();
    const fs::file_type type = entry->symlink_status().type();
    if (type == fs::file_type::directory) {
      RETURN_IF_ERROR(CopyTreeDurably(source, target));
    } else if (type == fs::file_type::regular) {
      RETURN_IF_ERROR(CopyFileDurably(source, target));
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("expected a file or a directory, got something else: ", source));
    }
  }
  if (error) return FileError(error.value(), "cannot read directory", from);
  return SyncDirectory(to);
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return FileError(error.value(), "cannot remove", path);
  return absl::OkStatus();
}

}  // namespace traind
