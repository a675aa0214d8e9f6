#include "server/store/file_checkpoint_store.h"

#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kPrefix = "step-";
constexpr absl::string_view kUnfinishedFolder = ".writing";
// A checkpoint goes there before its files go, one by one.
constexpr absl::string_view kForgottenFolder = ".removing";

absl::Status CheckFileName(const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && !absl::StrContains(name, '/')) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected the plain name of a checkpoint's file, got \"", name, "\""));
}

absl::Status WriteFiles(absl::Span<const CheckpointFile> files, const std::string& folder) {
  RETURN_IF_ERROR(RemoveTree(folder));
  RETURN_IF_ERROR(CreateDirectories(folder));
  for (const CheckpointFile& file : files) {
    RETURN_IF_ERROR(CheckFileName(file.name));
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", file.name), file.bytes));
  }
  return SyncDirectory(folder);
}

// The plain names in a folder, in no order.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return FileError(error.value(), "cannot read directory", folder);
  return names;
}

absl::Status RemoveLeftovers(const std::string& directory) {
  for (const std::string& name :
       {absl::StrCat(kUnfinishedFolder), absl::StrCat(kUnfinishedFolder, ".old"),
        absl::StrCat(kForgottenFolder)}) {
    RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory, "/", name)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileCheckpointStore>> FileCheckpointStore::Open(
    const std::string& directory) {
  RETURN_IF_ERROR(CreateDirectories(directory));
  RETURN_IF_ERROR(RemoveLeftovers(directory));
  return std::unique_ptr<FileCheckpointStore>(new FileCheckpointStore(directory));
}

absl::Status FileCheckpointStore::RemoveAllLeftovers(const std::string& runs_directory) {
  ASSIGN_OR_RETURN(const std::vector<std::string> runs, NamesIn(runs_directory));
  std::error_code error;
  for (const std::string& run : runs) {
    const std::string checkpoints = absl::StrCat(runs_directory, "/", run, "/checkpoints");
    if (fs::is_directory(checkpoints, error)) RETURN_IF_ERROR(RemoveLeftovers(checkpoints));
    // What the replacement of a trace that was cut short left behind.
    const std::string trace = absl::StrCat(runs_directory, "/", run, "/trace.new");
    if (fs::exists(trace, error)) RETURN_IF_ERROR(RemoveTree(trace));
  }
  return absl::OkStatus();
}

std::string FileCheckpointStore::PathOf(absl::string_view name) const {
  return absl::StrCat(directory_, "/", name);
}

absl::Status FileCheckpointStore::Write(int64_t step, absl::Span<const CheckpointFile> files) {
  const std::string unfinished = PathOf(kUnfinishedFolder);
  absl::Status status = WriteFiles(files, unfinished);
  if (status.ok()) status = PublishDirectory(unfinished, PathOf(Name(step)));
  // A full disk must not stay full because of the half of a checkpoint.
  if (!status.ok()) RemoveTree(unfinished).IgnoreError();
  return status;
}

absl::Status FileCheckpointStore::KeepOnly(absl::Span<const std::string> names) {
  ASSIGN_OR_RETURN(const std::vector<std::string> all, List());
  for (const std::string& name : all) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    // In one step, so that a crash leaves no name with half a checkpoint behind it.
    const std::string forgotten = PathOf(kForgottenFolder);
    RETURN_IF_ERROR(RemoveTree(forgotten));
    if (rename(PathOf(name).c_str(), forgotten.c_str()) != 0) {
      return FileError(errno, "cannot remove", PathOf(name));
    }
    RETURN_IF_ERROR(RemoveTree(forgotten));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FileCheckpointStore::List() const {
  ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(directory_));
  names.erase(
      std::remove_if(names.begin(), names.end(),
                     [](const std::string& name) { return !absl::StartsWith(name, kPrefix); }),
      names.end());
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

absl::StatusOr<std::vector<CheckpointFile>> FileCheckpointStore::Read(
    absl::string_view name) const {
  RETURN_IF_ERROR(CheckFileName(std::string(name)));
  if (!fs::is_directory(PathOf(name))) {
    return absl::NotFoundError(absl::StrCat("no checkpoint ", PathOf(name)));
  }
  ASSIGN_OR_RETURN(std::vector<std::string> file_names, NamesIn(PathOf(name)));
  std::sort(file_names.begin(), file_names.end());
  std::vector<CheckpointFile> files;
  for (const std::string& file_name : file_names) {
    const std::string path = absl::StrCat(PathOf(name), "/", file_name);
    std::ifstream file(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (!file) return absl::DataLossError(absl::StrCat("cannot read ", path));
    files.push_back({file_name, std::move(bytes)});
  }
  return files;
}

}  // namespace traind
