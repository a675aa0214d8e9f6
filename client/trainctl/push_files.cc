#include "client/trainctl/push_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kReadBytes = 1 << 20;

struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

}  // namespace

absl::Status PushFiles::Add(const std::string& path, const std::string& name) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(path, ": cannot be read"));
  files_.push_back({path, name, total_bytes_, static_cast<int64_t>(size)});
  total_bytes_ += static_cast<int64_t>(size);
  return absl::OkStatus();
}

absl::StatusOr<PushFiles> PushFiles::Collect(const std::string& path) {
  PushFiles files;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
  }
  if (!fs::is_directory(status)) {
    absl::Status added = files.Add(path, fs::path(path).filename().string());
    if (!added.ok()) return added;
    return files;
  }
  std::vector<std::string> found;
  fs::recursive_directory_iterator entry(path, fs::directory_options::follow_directory_symlink,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (absl::StartsWith(entry->path().filename().string(), ".")) {
      entry.disable_recursion_pending();
    } else if (std::error_code ignored; entry->is_regular_file(ignored)) {
      found.push_back(entry->path().string());
    }
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(path, ": cannot be read"));
  std::sort(found.begin(), found.end());
  for (const std::string& file : found) {
    absl::Status added = files.Add(file, fs::path(file).lexically_relative(path).generic_string());
    if (!added.ok()) return added;
  }
  if (found.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": no files in it"));
  return files;
}

absl::StatusOr<std::string> PushFiles::Read(int64_t offset, int64_t bytes_max) {
  // The last file that begins at or before it, and has bytes.
  auto file = std::upper_bound(files_.begin(), files_.end(), offset,
                               [](int64_t at, const File& other) { return at < other.begin; });
  --file;
  const int64_t within = offset - file->begin;
  std::string bytes(static_cast<size_t>(std::min(bytes_max, file->size - within)), '\0');
  const int fd = open(file->path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat(file->path, ": cannot be read"));
  const absl::Cleanup close_file = [fd] { close(fd); };
  const ssize_t count = pread(fd, bytes.data(), bytes.size(), within);
  if (count < 0) return absl::ErrnoToStatus(errno, absl::StrCat(file->path, ": cannot be read"));
  if (count == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(file->path, ": expected ", file->size, " bytes, the file has become shorter"));
  }
  bytes.resize(static_cast<size_t>(count));
  return bytes;
}

absl::StatusOr<std::string> PushFiles::Sha256() {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  for (int64_t offset = 0; offset < total_bytes_;) {
    const absl::StatusOr<std::string> bytes =
        Read(offset, std::min(kReadBytes, total_bytes_ - offset));
    if (!bytes.ok()) return bytes.status();
    EVP_DigestUpdate(digest.get(), bytes->data(), bytes->size());
    offset += static_cast<int64_t>(bytes->size());
  }
  unsigned char result[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(digest.get(), result, &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(result), size));
}

void PushFiles::Describe(v1::BeginDatasetPushRequest& request) const {
  for (const File& file : files_) {
    v1::PushedFile& pushed = *request.add_files();
    pushed.set_path(file.name);
    pushed.set_size_bytes(file.size);
  }
}

}  // namespace traind
