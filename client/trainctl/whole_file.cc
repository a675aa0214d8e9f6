#include "client/trainctl/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

absl::Status Fail(const std::string& what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

// Puts what was written under this name on disk.
absl::Status Sync(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Fail("open", path);
  const bool synced = fsync(file) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Fail("write", path);
  close(file);
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WholeFile>> WholeFile::Create(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status present = std::filesystem::status(path, error);
  if (std::filesystem::exists(present) && !std::filesystem::is_regular_file(present)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected the name of a plain file, got ", path, ", which is none"));
  }
  // A link stays one: what it points to is replaced.
  std::string target = path;
  if (std::filesystem::exists(present)) target = std::filesystem::canonical(path, error).string();
  const std::string partial_path = absl::StrCat(target, ".partial-", getpid());
  // Never through a file or link that somebody has put there.
  const int file = open(partial_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return Fail("create", partial_path);
  close(file);
  return std::unique_ptr<WholeFile>(new WholeFile(std::move(target), partial_path));
}

WholeFile::WholeFile(std::string path, std::string partial_path)
    : path_(std::move(path)),
      partial_path_(std::move(partial_path)),
      stream_(partial_path_, std::ios::binary) {}

WholeFile::~WholeFile() {
  if (!committed_) unlink(partial_path_.c_str());
}

absl::Status WholeFile::Commit() {
  stream_.close();
  if (!stream_) {
    return absl::DataLossError(
        absl::StrCat("cannot write all of ", path_, ": is there room on its disk?"));
  }
  if (absl::Status status = Sync(partial_path_); !status.ok()) return status;
  if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) return Fail("replace", path_);
  committed_ = true;
  return absl::OkStatus();
}

}  // namespace traind
