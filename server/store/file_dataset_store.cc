#include "server/store/file_dataset_store.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/push_request.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Directories directly in a folder.
std::vector<std::string> FoldersIn(const std::string& folder) {
  std::vector<std::string> folders;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    folders.push_back(entry->path().string());
  }
  return folders;
}

}  // namespace

FileDatasetStore::FileDatasetStore(const Options& options, const DatasetDirectory& directory,
                                   DatasetImporter& importer, const Clock& clock)
    : options_(options),
      pushing_(directory.root() + "/.pushing"),
      removing_(directory.root() + "/.removing"),
      directory_(directory),
      importer_(importer),
      clock_(clock) {
  // What cannot be removed, such as in a folder that is read-only, harms nobody.
  (void)RemoveTree(removing_);
  absl::MutexLock lock(&mutex_);
  for (const std::string& folder : FoldersIn(pushing_)) {
    absl::StatusOr<std::shared_ptr<PushFolder>> push = PushFolder::Open(folder, clock.Now());
    if (!push.ok()) {
      (void)RemoveTree(folder);
    } else {
      const std::string id = (*push)->id();
      pushes_.emplace(id, *std::move(push));
    }
  }
}

std::string FileDatasetStore::PathOf(absl::string_view name) const {
  return absl::StrCat(directory_.root(), "/", name);
}

absl::StatusOr<std::shared_ptr<PushFolder>> FileDatasetStore::FindPush(absl::string_view push_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = pushes_.find(push_id);
  if (found != pushes_.end()) return found->second;
  return absl::NotFoundError(
      absl::StrCat("no push ", push_id.substr(0, 64), "; begin it, or begin it again"));
}

absl::StatusOr<std::optional<v1::Dataset>> FileDatasetStore::FindMade(
    const std::string& name, const std::string& push_id) const {
  if (!Exists(PathOf(name))) return std::optional<v1::Dataset>();
  const absl::StatusOr<v1::Dataset> dataset = directory_.Describe(name);
  if (dataset.ok() && dataset->push_id() == push_id) return std::optional<v1::Dataset>(*dataset);
  return absl::AlreadyExistsError(
      absl::StrCat("dataset ", name, " is there already",
                   dataset.ok() ? absl::StrCat(", with the SHA-256 ", dataset->sha256()) : "",
                   ", and datasets never change; choose another name, or delete it first"));
}

void FileDatasetStore::ForgetOldPushes() {
  const absl::Time bound = clock_.Now() - options_.limits.dataset_push_lifetime;
  for (auto push = pushes_.begin(); push != pushes_.end();) {
    if (push->second->IsIdleSince(bound)) {
      (void)RemoveTree(push->second->folder());
      push = pushes_.erase(push);
    } else {
      ++push;
    }
  }
}

absl::Status FileDatasetStore::CheckRoom(int64_t bytes) {
  if (static_cast<int>(pushes_.size()) >= options_.limits.dataset_pushes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("at most ", options_.limits.dataset_pushes_max,
                     " pushes may be under way (dataset_pushes_max); finish one first"));
  }
  const std::vector<std::string> names = directory_.List();
  if (static_cast<int>(names.size()) >= options_.limits.datasets_max) {
    return absl::ResourceExhaustedError(absl::StrCat("at most ", options_.limits.datasets_max,
                                                     " datasets (datasets_max); delete one first"));
  }
  if (options_.quota_bytes == 0) return absl::OkStatus();
  int64_t used = 0;
  for (const auto& [id, push] : pushes_) used += push->total_bytes();
  for (const std::string& name : names) {
    if (!Exists(absl::StrCat(PathOf(name), "/", kDatasetDescriptionFile))) continue;
    const absl::StatusOr<v1::Dataset> dataset = directory_.Describe(name);
    if (dataset.ok()) used += dataset->size_bytes();
  }
  if (bytes <= options_.quota_bytes - used) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("expected at most ", options_.quota_bytes,
                   " bytes of datasets and pushes (--dataset-limit), ", used, " are used and ",
                   bytes, " are asked for; delete a dataset, or raise the limit"));
}

absl::StatusOr<v1::DatasetPush> FileDatasetStore::BeginPush(
    const v1::BeginDatasetPushRequest& request) {
  RETURN_IF_ERROR(CheckPushRequest(request, options_.limits));
  v1::DatasetPush answer;
  answer.set_id(PushId(request));
  answer.set_total_bytes(TotalBytes(request));
  ASSIGN_OR_RETURN(const std::optional<v1::Dataset> made, FindMade(request.name(), answer.id()));
  if (made.has_value()) {
    answer.set_received_bytes(answer.total_bytes());
    *answer.mutable_dataset() = *made;
    return answer;
  }
  absl::MutexLock lock(&mutex_);
  ForgetOldPushes();
  const auto found = pushes_.find(answer.id());
  if (found != pushes_.end()) {
    answer.set_received_bytes(found->second->received_bytes());
    return answer;
  }
  RETURN_IF_ERROR(CheckRoom(answer.total_bytes()));
  const std::string folder = absl::StrCat(pushing_, "/", answer.id());
  RETURN_IF_ERROR(RemoveTree(folder));
  absl::StatusOr<std::shared_ptr<PushFolder>> push =
      PushFolder::Create(folder, request, clock_.Now());
  if (!push.ok()) {
    (void)RemoveTree(folder);
    return push.status();
  }
  pushes_.emplace(answer.id(), *std::move(push));
  return answer;
}

absl::Status FileDatasetStore::Append(absl::string_view push_id, int64_t offset,
                                      absl::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) > options_.limits.dataset_piece_bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat("data: expected at most ",
                                                   options_.limits.dataset_piece_bytes_max,
                                                   " bytes, got ", bytes.size()));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<PushFolder> push, FindPush(push_id));
  return push->Append(offset, bytes, clock_.Now());
}

absl::StatusOr<v1::Dataset> FileDatasetStore::FinishPush(absl::string_view push_id) {
  ASSIGN_OR_RETURN(const std::shared_ptr<PushFolder> push, FindPush(push_id));
  RETURN_IF_ERROR(push->Claim());
  const absl::Status imported = importer_.Import(push->folder());
  absl::StatusOr<v1::Dataset> dataset =
      imported.ok() ? Publish(*push) : absl::StatusOr<v1::Dataset>(imported);
  if (absl::IsUnavailable(dataset.status())) {
    push->Release();
    return dataset;
  }
  // Good or bad, there is nothing left to do for these bytes.
  Forget(push->id());
  return dataset;
}

absl::StatusOr<v1::Dataset> FileDatasetStore::Publish(PushFolder& push) {
  const std::string& name = push.request().name();
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const std::optional<v1::Dataset> other, FindMade(name, push.id()));
  if (other.has_value()) return *other;
  RETURN_IF_ERROR(
      PublishDirectory(absl::StrCat(push.folder(), "/", kPushDatasetFolder), PathOf(name)));
  return directory_.Describe(name);
}

void FileDatasetStore::Forget(const std::string& push_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = pushes_.find(push_id);
  if (found == pushes_.end()) return;
  (void)RemoveTree(found->second->folder());
  pushes_.erase(found);
}

absl::StatusOr<int64_t> FileDatasetStore::Delete(absl::string_view name) {
  RETURN_IF_ERROR(CheckDatasetName("dataset", name));
  absl::MutexLock lock(&mutex_);
  const absl::StatusOr<v1::Dataset> dataset = directory_.Describe(name);
  if (absl::IsNotFound(dataset.status())) return dataset.status();
  if (!Exists(absl::StrCat(PathOf(name), "/", kDatasetDescriptionFile))) {
    return absl::FailedPreconditionError(
        absl::StrCat("dataset ", name, " was not pushed; whoever put its files into ",
                     directory_.root(), " can remove them"));
  }
  RETURN_IF_ERROR(CreateDirectories(removing_));
  const std::string aside = absl::StrCat(removing_, "/", name);
  RETURN_IF_ERROR(RemoveTree(aside));
  if (rename(PathOf(name).c_str(), aside.c_str()) != 0) {
    return FileError(errno, "cannot remove", PathOf(name));
  }
  RETURN_IF_ERROR(SyncDirectory(directory_.root()));
  (void)RemoveTree(aside);
  return dataset.ok() ? dataset->size_bytes() : 0;
}

}  // namespace traind
