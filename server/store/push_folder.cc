#include "server/store/push_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_importer.h"
#include "server/datasets/push_files.h"
#include "server/datasets/push_request.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {

namespace fs = std::filesystem;

PushFolder::PushFolder(std::string folder, v1::BeginDatasetPushRequest request, absl::Time now)
    : folder_(std::move(folder)),
      request_(std::move(request)),
      files_(PushFilesOf(folder_, request_)),
      total_bytes_(TotalBytes(request_)),
      last_touch_(now) {}

absl::StatusOr<std::shared_ptr<PushFolder>> PushFolder::Create(
    const std::string& folder, const v1::BeginDatasetPushRequest& request, absl::Time now) {
  RETURN_IF_ERROR(CreateDirectories(absl::StrCat(folder, "/", kPushFilesFolder)));
  // Last: a folder without it is a leftover.
  RETURN_IF_ERROR(
      ReplaceFileDurably(absl::StrCat(folder, "/", kPushRequestFile), request.SerializeAsString()));
  return std::shared_ptr<PushFolder>(new PushFolder(folder, request, now));
}

absl::StatusOr<std::shared_ptr<PushFolder>> PushFolder::Open(const std::string& folder,
                                                             absl::Time now) {
  ASSIGN_OR_RETURN(v1::BeginDatasetPushRequest request, ReadPushRequest(folder));
  std::shared_ptr<PushFolder> push(new PushFolder(folder, std::move(request), now));
  if (push->id() != PushId(push->request_)) return absl::DataLossError("the request is another");
  RETURN_IF_ERROR(RemoveTree(absl::StrCat(folder, "/", kPushDatasetFolder)));
  absl::MutexLock lock(&push->mutex_);
  for (const v1::PushedFile& file : push->request_.files()) {
    std::error_code error;
    const auto size = fs::file_size(push->files_[static_cast<size_t>(push->file_)].path, error);
    const int64_t bytes = error ? 0 : static_cast<int64_t>(size);
    if (bytes > file.size_bytes()) return absl::DataLossError("a file has too many bytes");
    push->received_bytes_ += bytes;
    push->file_bytes_ = bytes;
    if (bytes < file.size_bytes()) break;
    push->file_bytes_ = 0;
    ++push->file_;
  }
  return push;
}

absl::Status PushFolder::Write(const std::string& path, int64_t position, absl::string_view bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return FileError(errno, "cannot create", path);
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), position);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      status = FileError(errno, absl::StrCat("cannot write ", bytes.size(), " bytes to"), path);
    } else {
      bytes.remove_prefix(static_cast<size_t>(written));
      position += written;
    }
  }
  if (close(fd) != 0 && status.ok()) status = FileError(errno, "cannot close", path);
  return status;
}

absl::Status PushFolder::Append(int64_t offset, absl::string_view bytes, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  last_touch_ = now;
  if (claimed_) return absl::AbortedError("the files of this push are being read");
  if (offset != received_bytes_) {
    return absl::AbortedError(absl::StrCat("offset: expected ", received_bytes_,
                                           ", where the bytes of this push end, got ", offset,
                                           "; begin again to be told"));
  }
  if (static_cast<int64_t>(bytes.size()) > total_bytes_ - received_bytes_) {
    return absl::InvalidArgumentError(
        absl::StrCat("data: expected ", total_bytes_, " bytes of all files, got more"));
  }
  while (!bytes.empty()) {
    const int64_t left = request_.files(file_).size_bytes() - file_bytes_;
    const auto count = std::min<int64_t>(left, static_cast<int64_t>(bytes.size()));
    if (count > 0) {
      RETURN_IF_ERROR(Write(files_[static_cast<size_t>(file_)].path, file_bytes_,
                            bytes.substr(0, static_cast<size_t>(count))));
    }
    bytes.remove_prefix(static_cast<size_t>(count));
    received_bytes_ += count;
    file_bytes_ += count;
    if (count < left) break;
    file_bytes_ = 0;
    ++file_;
  }
  return absl::OkStatus();
}

absl::Status PushFolder::CreateEmptyFiles() const {
  for (int i = 0; i < request_.files_size(); ++i) {
    if (request_.files(i).size_bytes() > 0) continue;
    RETURN_IF_ERROR(Write(files_[static_cast<size_t>(i)].path, 0, ""));
  }
  return absl::OkStatus();
}

absl::Status PushFolder::Claim() {
  absl::MutexLock lock(&mutex_);
  if (claimed_) return absl::AbortedError("the files of this push are being read");
  if (received_bytes_ != total_bytes_) {
    return absl::FailedPreconditionError(absl::StrCat("expected ", total_bytes_,
                                                      " bytes of all files, got ", received_bytes_,
                                                      " so far; push again to go on from there"));
  }
  RETURN_IF_ERROR(CreateEmptyFiles());
  claimed_ = true;
  return absl::OkStatus();
}

void PushFolder::Release() {
  absl::MutexLock lock(&mutex_);
  claimed_ = false;
}

std::string PushFolder::id() const { return fs::path(folder_).filename().string(); }

int64_t PushFolder::received_bytes() const {
  absl::MutexLock lock(&mutex_);
  return received_bytes_;
}

bool PushFolder::IsIdleSince(absl::Time time) const {
  absl::MutexLock lock(&mutex_);
  return !claimed_ && last_touch_ < time;
}

}  // namespace traind
