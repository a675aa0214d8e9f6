#include "server/store/file_module_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/modules/module_files.h"
#include "server/modules/module_header.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {

// One push: a folder with the header and the bytes, as far as they have come.
class FileModuleStore::Upload : public ModuleUpload {
 public:
  Upload(FileModuleStore& store, v1::ModuleHeader header, std::string folder)
      : store_(store), header_(std::move(header)), folder_(std::move(folder)) {}
  ~Upload() override {
    if (fd_ >= 0) close(fd_);
    // What cannot be removed now is removed by the next server.
    (void)RemoveTree(folder_);
    store_.Leave();
  }

  absl::Status Open() {
    RETURN_IF_ERROR(RemoveTree(folder_));
    RETURN_IF_ERROR(CreateDirectories(folder_));
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder_, "/", kModuleHeaderFile),
                                     header_.SerializeAsString()));
    path_ = absl::StrCat(folder_, "/", kModuleBytesFile);
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd_ >= 0 ? absl::OkStatus() : FileError(errno, "cannot create", path_);
  }

  absl::Status Append(absl::string_view bytes) override {
    const auto count = static_cast<int64_t>(bytes.size());
    if (count > store_.limits_.module_piece_bytes_max) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: expected at most ", store_.limits_.module_piece_bytes_max, " bytes, got ", count));
    }
    if (count > header_.size_bytes() - received_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: expected ", header_.size_bytes(), " bytes in all, as the header says, got more"));
    }
    sha256_.Add(bytes);
    received_ += count;
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        return FileError(errno, absl::StrCat("cannot write ", bytes.size(), " bytes to"), path_);
      }
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Module> Finish() override {
    if (received_ != header_.size_bytes()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: expected ", header_.size_bytes(), " bytes, as the header says, got ", received_));
    }
    if (const std::string got = sha256_.Hex(); got != header_.sha256()) {
      return absl::DataLossError(absl::StrCat("sha256: expected ", header_.sha256(),
                                              ", as the header says, got ", got,
                                              "; the file changed on the way, push it again"));
    }
    const int synced = fsync(fd_);
    const int error = errno;
    close(std::exchange(fd_, -1));
    if (synced != 0) return FileError(error, "cannot flush", path_);
    RETURN_IF_ERROR(store_.inspector_.Inspect(folder_));
    return store_.Publish(folder_, header_);
  }

 private:
  // Constant after construction.
  FileModuleStore& store_;
  const v1::ModuleHeader header_;
  const std::string folder_;

  std::string path_;
  int fd_ = -1;
  int64_t received_ = 0;
  Sha256 sha256_;
};

FileModuleStore::FileModuleStore(const Limits& limits, const ModuleDirectory& directory,
                                 ModuleInspector& inspector)
    : limits_(limits),
      pushing_(directory.root() + "/.pushing"),
      removing_(directory.root() + "/.removing"),
      directory_(directory),
      inspector_(inspector) {
  // What cannot be removed, such as in a folder that is read-only, harms nobody.
  (void)RemoveTree(pushing_);
  (void)RemoveTree(removing_);
}

absl::StatusOr<std::optional<v1::Module>> FileModuleStore::FindSame(
    const v1::ModuleHeader& header) const {
  const absl::StatusOr<v1::Module> module = directory_.Describe(header.name());
  if (absl::IsNotFound(module.status())) return std::optional<v1::Module>();
  RETURN_IF_ERROR(module.status());
  const bool same_shape = header.input_shape().empty() ||
                          std::equal(header.input_shape().begin(), header.input_shape().end(),
                                     module->input_shape().begin(), module->input_shape().end());
  if (module->sha256() == header.sha256() && same_shape &&
      module->fixed_row_count() == header.fixed_row_count()) {
    return std::optional<v1::Module>(*module);
  }
  return absl::AlreadyExistsError(absl::StrCat(
      "module ", header.name(), " is there already, with the SHA-256 ", module->sha256(),
      ", and modules never change; choose another name, or delete it first"));
}

absl::StatusOr<int64_t> FileModuleStore::Enter() {
  absl::MutexLock lock(&mutex_);
  if (pushes_ >= limits_.module_pushes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("at most ", limits_.module_pushes_max,
                     " pushes of modules may be under way (module_pushes_max); retry later"));
  }
  if (static_cast<int>(directory_.List().size()) + pushes_ >= limits_.modules_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("at most ", limits_.modules_max, " modules (modules_max); delete one first"));
  }
  ++pushes_;
  return ++last_number_;
}

void FileModuleStore::Leave() {
  absl::MutexLock lock(&mutex_);
  --pushes_;
}

absl::StatusOr<ModuleStore::Begun> FileModuleStore::Begin(const v1::ModuleHeader& header) {
  RETURN_IF_ERROR(directory_.CheckAllowed());
  RETURN_IF_ERROR(CheckModuleHeader(header, limits_));
  Begun begun;
  ASSIGN_OR_RETURN(begun.module, FindSame(header));
  if (begun.module.has_value()) return begun;
  ASSIGN_OR_RETURN(const int64_t number, Enter());
  // From here on it leaves by itself.
  auto upload = std::make_unique<Upload>(*this, header, absl::StrCat(pushing_, "/", number));
  RETURN_IF_ERROR(upload->Open());
  begun.upload = std::move(upload);
  return begun;
}

absl::StatusOr<v1::Module> FileModuleStore::Publish(const std::string& push,
                                                    const v1::ModuleHeader& header) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const std::optional<v1::Module> other, FindSame(header));
  if (other.has_value()) return *other;
  RETURN_IF_ERROR(PublishDirectory(absl::StrCat(push, "/", kInspectedFolder),
                                   directory_.Folder(header.name())));
  return directory_.Describe(header.name());
}

absl::StatusOr<int64_t> FileModuleStore::Delete(absl::string_view name) {
  absl::MutexLock lock(&mutex_);
  const absl::StatusOr<v1::Module> module = directory_.Describe(name);
  // A damaged one can be deleted, too.
  if (!module.ok() && !absl::IsDataLoss(module.status())) return module.status();
  RETURN_IF_ERROR(CreateDirectories(removing_));
  const std::string aside = absl::StrCat(removing_, "/", name);
  RETURN_IF_ERROR(RemoveTree(aside));
  if (rename(directory_.Folder(name).c_str(), aside.c_str()) != 0) {
    return FileError(errno, "cannot remove", directory_.Folder(name));
  }
  RETURN_IF_ERROR(SyncDirectory(directory_.root()));
  (void)RemoveTree(aside);
  return module.ok() ? module->size_bytes() : 0;
}

}  // namespace traind
