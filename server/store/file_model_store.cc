#include "server/store/file_model_store.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/runs/checkpoint_store.h"
#include "server/serving/model_aliases.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"
#include "server/store/model_files.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// Hidden, so that they can be told from a version's folder.
constexpr absl::string_view kUnfinishedVersions = ".publishing";
constexpr absl::string_view kRemovedFolder = ".removing";
// Names listed in a message.
constexpr size_t kNamesInMessageMax = 10;

absl::Status CheckModelName(absl::string_view name) {
  bool good = !name.empty() && name.size() <= 63;
  for (const char c : name) good = good && (absl::ascii_isalnum(c) || c == '-' || c == '_');
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "expected a model name of 1 to 63 letters, digits, `-` and `_`, got \"", name, "\""));
}

// The keys, newest last, shortened to what a message can hold.
template <typename Map>
std::string KeysText(const Map& map) {
  std::vector<std::string> keys;
  keys.reserve(map.size());
  for (const auto& [key, unused] : map) keys.push_back(absl::StrCat(key));
  if (keys.empty()) return "none yet";
  if (keys.size() > kNamesInMessageMax) {
    keys.erase(keys.begin(), keys.end() - kNamesInMessageMax);
    keys.insert(keys.begin(), "…");
  }
  return absl::StrJoin(keys, ", ");
}

absl::StatusOr<std::vector<std::string>> FolderNames(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory()) names.push_back(entry->path().filename().string());
  }
  if (error) return FileError(error.value(), "cannot read directory", path);
  return names;
}

// Of the files in a version's folder; those that cannot be looked at do not count.
int64_t FilesSize(const std::string& folder) {
  int64_t size_bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    const uintmax_t size = entry->file_size(unknown);
    if (!unknown) size_bytes += static_cast<int64_t>(size);
  }
  return size_bytes;
}

// The version's description with the names of its aliases.
v1::ModelVersion WithAliases(v1::ModelVersion version, const v1::Model& record) {
  version.clear_aliases();
  for (const v1::ModelAlias& alias : record.aliases()) {
    if (alias.version() == version.version()) version.add_aliases(alias.name());
  }
  return version;
}

template <typename Entry>
v1::Model ToModel(const Entry& entry) {
  v1::Model model = entry.record;
  for (auto version = entry.versions.rbegin(); version != entry.versions.rend(); ++version) {
    *model.add_versions() = version->second;
  }
  ConnectAliases(model);
  return model;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileModelStore>> FileModelStore::Open(const std::string& root,
                                                                     const Limits& limits) {
  RETURN_IF_ERROR(CreateDirectories(root));
  std::unique_ptr<FileModelStore> store(new FileModelStore(root, limits));
  ASSIGN_OR_RETURN(const std::vector<std::string> models, FolderNames(root));
  for (const std::string& model : models) RETURN_IF_ERROR(store->LoadModel(model));
  return store;
}

absl::Status FileModelStore::LoadModel(const std::string& model) {
  const std::string folder = Folder(model);
  for (const absl::string_view hidden : {kUnfinishedVersions, kRemovedFolder}) {
    RETURN_IF_ERROR(RemoveTree(absl::StrCat(folder, "/", hidden)));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, FolderNames(folder));
  for (const std::string& name : names) {
    int64_t version = 0;
    if (!absl::SimpleAtoi(name, &version) || version < 1) continue;
    RETURN_IF_ERROR(LoadVersion(model, version));
  }
  ASSIGN_OR_RETURN(v1::Model record, LoadAliases(folder));
  absl::MutexLock lock(&mutex_);
  Entry& entry = models_[model];
  for (const v1::ModelAlias& alias : record.aliases()) {
    if (entry.versions.count(alias.version()) > 0) continue;
    return absl::DataLossError(
        absl::StrCat("expected version ", alias.version(), " of model ", model, ", to which alias ",
                     alias.name(), " in ", folder, "/", kAliasesFile, " points, got versions ",
                     KeysText(entry.versions), "; restore it or point the alias to another one"));
  }
  record.set_name(model);
  if (!entry.versions.empty()) {
    record.set_last_version(std::max(record.last_version(), entry.versions.rbegin()->first));
  }
  entry.record = std::move(record);
  return absl::OkStatus();
}

absl::Status FileModelStore::LoadVersion(const std::string& model, int64_t version) {
  const std::string path = absl::StrCat(Directory(model, version), "/", kDescriptionFile);
  ASSIGN_OR_RETURN(v1::ModelVersion description, ReadDescription(path));
  if (description.model() != model || description.version() != version) {
    return absl::DataLossError(absl::StrCat("expected version ", version, " of model ", model,
                                            " in ", path, ", got version ", description.version(),
                                            " of model ", description.model()));
  }
  description.set_size_bytes(FilesSize(Directory(model, version)));
  absl::MutexLock lock(&mutex_);
  models_[model].versions[version] = std::move(description);
  return absl::OkStatus();
}

absl::StatusOr<v1::ModelVersion> FileModelStore::Publish(v1::ModelVersion description,
                                                         const std::string& source_directory) {
  RETURN_IF_ERROR(CheckModelName(description.model()));
  absl::MutexLock publishing(&publish_mutex_);
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const v1::ModelVersion* published = FindRun(description.run_id())) return *published;
    const auto found = models_.find(description.model());
    description.set_version(found == models_.end() ? 1 : found->second.record.last_version() + 1);
  }
  description.clear_aliases();
  RETURN_IF_ERROR(WriteVersion(description, source_directory));
  description.set_size_bytes(FilesSize(Directory(description.model(), description.version())));
  absl::MutexLock lock(&mutex_);
  Entry& entry = models_[description.model()];
  entry.record.set_name(description.model());
  entry.record.set_last_version(description.version());
  entry.versions[description.version()] = description;
  return description;
}

absl::Status FileModelStore::WriteVersion(const v1::ModelVersion& description,
                                          const std::string& source_directory) const {
  const std::string folder = Folder(description.model());
  const std::string unfinished = absl::StrCat(folder, "/", kUnfinishedVersions);
  RETURN_IF_ERROR(CreateDirectories(folder));
  RETURN_IF_ERROR(RemoveTree(unfinished));
  std::string text;
  google::protobuf::TextFormat::PrintToString(description, &text);
  absl::Status status = CopyTreeDurably(source_directory, unfinished, kTrainingFilePrefix);
  if (status.ok()) {
    status = WriteFileDurably(absl::StrCat(unfinished, "/", kDescriptionFile), text);
  }
  if (status.ok()) status = SyncDirectory(unfinished);
  if (status.ok()) {
    status = PublishDirectory(unfinished, Directory(description.model(), description.version()));
  }
  // A full disk must not stay full because of the half of a version.
  if (!status.ok()) RemoveTree(unfinished).IgnoreError();
  return status;
}

absl::StatusOr<const FileModelStore::Entry*> FileModelStore::FindEntry(
    absl::string_view model) const {
  const auto found = models_.find(model);
  if (found != models_.end() && !found->second.versions.empty()) return &found->second;
  // Models whose versions were all deleted are kept for their numbers alone.
  std::map<absl::string_view, const Entry*> with_versions;
  for (const auto& [name, entry] : models_) {
    if (!entry.versions.empty()) with_versions[name] = &entry;
  }
  return absl::NotFoundError(
      absl::StrCat("no model \"", model, "\"; models: ", KeysText(with_versions)));
}

absl::StatusOr<v1::ModelVersion> FileModelStore::Get(absl::string_view model,
                                                     int64_t version) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  const auto found =
      version == 0 ? std::prev(entry->versions.end()) : entry->versions.find(version);
  if (found == entry->versions.end()) {
    return absl::NotFoundError(absl::StrCat("model ", model, " has no version ", version,
                                            "; versions: ", KeysText(entry->versions)));
  }
  return WithAliases(found->second, entry->record);
}

absl::StatusOr<int64_t> FileModelStore::FindVersion(absl::string_view model,
                                                    int64_t version) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  if (version == 0) return entry->versions.rbegin()->first;
  if (entry->versions.contains(version)) return version;
  return absl::NotFoundError(absl::StrCat("model ", model, " has no version ", version,
                                          "; versions: ", KeysText(entry->versions)));
}

absl::StatusOr<int64_t> FileModelStore::FindAliased(absl::string_view model,
                                                    absl::string_view alias) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  const v1::ModelAlias* const found = FindAlias(entry->record, alias);
  if (found == nullptr) return NoSuchAlias(entry->record, alias);
  return found->version();
}

absl::StatusOr<ModelRoute> FileModelStore::FindRoute(absl::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  return RouteOf(entry->record, entry->versions.rbegin()->first);
}

absl::StatusOr<v1::ModelVersion> FileModelStore::Resolve(absl::string_view model,
                                                         absl::string_view alias) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  const v1::ModelAlias* const found = FindAlias(entry->record, alias);
  if (found == nullptr) return NoSuchAlias(entry->record, alias);
  return WithAliases(entry->versions.at(found->version()), entry->record);
}

absl::StatusOr<v1::Model> FileModelStore::Find(absl::string_view model) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(model));
  return ToModel(*entry);
}

std::vector<v1::Model> FileModelStore::List() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<v1::Model> models;
  for (const auto& [unused_name, entry] : models_) {
    if (!entry.versions.empty()) models.push_back(ToModel(entry));
  }
  return models;
}

absl::StatusOr<v1::Model> FileModelStore::SetAlias(absl::string_view model, absl::string_view alias,
                                                   int64_t version, absl::Time now) {
  return ChangeAliases(model, [&](v1::Model& changed) {
    return MoveAlias(changed, alias, version, now, limits_.model_aliases_max);
  });
}

absl::StatusOr<v1::Model> FileModelStore::DeleteAlias(absl::string_view model,
                                                      absl::string_view alias) {
  return ChangeAliases(model, [&](v1::Model& changed) { return RemoveAlias(changed, alias); });
}

absl::StatusOr<v1::Model> FileModelStore::RollbackAlias(absl::string_view model,
                                                        absl::string_view alias, absl::Time now) {
  return ChangeAliases(model,
                       [&](v1::Model& changed) { return RollBackAlias(changed, alias, now); });
}

absl::StatusOr<v1::Model> FileModelStore::SetCanaryPercent(absl::string_view model, int percent) {
  return ChangeAliases(
      model, [&](v1::Model& changed) { return traind::SetCanaryPercent(changed, percent); });
}

absl::StatusOr<v1::Model> FileModelStore::ChangeAliases(
    absl::string_view model, const std::function<absl::Status(v1::Model&)>& change) {
  absl::MutexLock changing(&change_mutex_);
  ASSIGN_OR_RETURN(v1::Model changed, Find(model));
  RETURN_IF_ERROR(change(changed));
  RETURN_IF_ERROR(ReplaceAliases(Folder(model), changed));
  absl::MutexLock lock(&mutex_);
  Entry& entry = models_.find(model)->second;
  *entry.record.mutable_aliases() = changed.aliases();
  entry.record.set_canary_percent(changed.canary_percent());
  return ToModel(entry);
}

absl::StatusOr<v1::Model> FileModelStore::DeleteVersion(absl::string_view model, int64_t version,
                                                        bool allow_last) {
  absl::MutexLock changing(&change_mutex_);
  ASSIGN_OR_RETURN(const v1::Model before, Find(model));
  RETURN_IF_ERROR(CheckDeletable(before, version, allow_last));
  // The folders of the others tell the highest number, unless it goes.
  if (version == before.versions(0).version()) {
    RETURN_IF_ERROR(ReplaceAliases(Folder(model), before));
  }
  const absl::Status hidden = HideVersion(model, version);
  std::error_code error;
  // Also after an error: a version without its files must not be offered.
  if (!hidden.ok() && fs::exists(Directory(model, version), error)) return hidden;
  v1::Model after;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = models_.find(model)->second;
    entry.versions.erase(version);
    after = ToModel(entry);
    *entry.record.mutable_aliases() = after.aliases();
  }
  RETURN_IF_ERROR(hidden);
  RemoveTree(absl::StrCat(Folder(model), "/", kRemovedFolder)).IgnoreError();
  return after;
}

absl::Status FileModelStore::HideVersion(absl::string_view model, int64_t version) const {
  const std::string removed = absl::StrCat(Folder(model), "/", kRemovedFolder);
  RETURN_IF_ERROR(RemoveTree(removed));
  return PublishDirectory(Directory(model, version), removed);
}

absl::StatusOr<std::optional<v1::ModelSample>> FileModelStore::FindSample(absl::string_view model,
                                                                          int64_t version) const {
  return ReadSample(absl::StrCat(Directory(model, version), "/", kSampleFileName));
}

std::string FileModelStore::Folder(absl::string_view model) const {
  return absl::StrCat(root_, "/", model);
}

std::string FileModelStore::Directory(absl::string_view model, int64_t version) const {
  return absl::StrCat(Folder(model), "/", version);
}

const v1::ModelVersion* FileModelStore::FindRun(absl::string_view run_id) const {
  if (run_id.empty()) return nullptr;
  for (const auto& [unused_name, entry] : models_) {
    for (const auto& [unused_number, version] : entry.versions) {
      if (version.run_id() == run_id) return &version;
    }
  }
  return nullptr;
}

}  // namespace traind
