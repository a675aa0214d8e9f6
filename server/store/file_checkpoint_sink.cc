#include "server/store/file_checkpoint_sink.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kPrefix = "epoch-";
constexpr absl::string_view kUnfinishedFolder = ".writing";

absl::Status CheckFileName(const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && !absl::StrContains(name, '/')) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected the plain name of a checkpoint's file, got \"", name, "\""));
}

std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileCheckpointSink>> FileCheckpointSink::Open(
    const std::string& directory) {
  RETURN_IF_ERROR(CreateDirectories(directory));
  RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory, "/", kUnfinishedFolder)));
  RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory, "/", kUnfinishedFolder, ".old")));
  return std::unique_ptr<FileCheckpointSink>(
      new FileCheckpointSink(directory, ReadLine(absl::StrCat(directory, "/best"))));
}

absl::StatusOr<std::string> FileCheckpointSink::Write(const Checkpoint& checkpoint) {
  const std::string name = absl::StrFormat("%s%05d", kPrefix, checkpoint.epoch);
  const std::string unfinished = absl::StrCat(directory_, "/", kUnfinishedFolder);
  absl::Status status = WriteFiles(checkpoint, unfinished);
  if (status.ok()) status = PublishDirectory(unfinished, absl::StrCat(directory_, "/", name));
  if (!status.ok()) {
    // A full disk must not stay full because of the half of a checkpoint.
    RemoveTree(unfinished).IgnoreError();
    return status;
  }
  if (checkpoint.best && best_ != name) {
    RETURN_IF_ERROR(
        ReplaceFileDurably(absl::StrCat(directory_, "/best"), absl::StrCat(name, "\n")));
    best_ = name;
  }
  // The checkpoint is safe. One that cannot be removed now is tried again next time.
  ForgetOthers(name).IgnoreError();
  return name;
}

absl::Status FileCheckpointSink::WriteFiles(const Checkpoint& checkpoint,
                                            const std::string& folder) const {
  RETURN_IF_ERROR(RemoveTree(folder));
  RETURN_IF_ERROR(CreateDirectories(folder));
  for (const CheckpointFile& file : checkpoint.files) {
    RETURN_IF_ERROR(CheckFileName(file.name));
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", file.name), file.bytes));
  }
  return SyncDirectory(folder);
}

absl::Status FileCheckpointSink::ForgetOthers(const std::string& newest) const {
  std::vector<std::string> others;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, kPrefix) && name != newest && name != best_) others.push_back(name);
  }
  if (error) return FileError(error.value(), "cannot read directory", directory_);
  for (const std::string& name : others) {
    RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory_, "/", name)));
  }
  return absl::OkStatus();
}

}  // namespace traind
