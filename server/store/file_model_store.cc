#include "server/store/file_model_store.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/runs/checkpoint_store.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kDescriptionFile = "version.textproto";
// Hidden, so that it can be told from a version's folder.
constexpr absl::string_view kUnfinishedFolder = ".publishing";
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

absl::StatusOr<v1::ModelVersion> ReadDescription(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  v1::ModelVersion description;
  if (!file.good() || !google::protobuf::TextFormat::ParseFromString(text, &description)) {
    return absl::DataLossError(absl::StrCat("expected a model version's description in ", path,
                                            ", got ", file.good() ? "other text" : "no file",
                                            "; restore it or move its folder away"));
  }
  return description;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileModelStore>> FileModelStore::Open(const std::string& root) {
  RETURN_IF_ERROR(CreateDirectories(root));
  std::unique_ptr<FileModelStore> store(new FileModelStore(root));
  ASSIGN_OR_RETURN(const std::vector<std::string> models, FolderNames(root));
  for (const std::string& model : models) RETURN_IF_ERROR(store->LoadModel(model));
  return store;
}

absl::Status FileModelStore::LoadModel(const std::string& model) {
  const std::string folder = absl::StrCat(root_, "/", model);
  RETURN_IF_ERROR(RemoveTree(absl::StrCat(folder, "/", kUnfinishedFolder)));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, FolderNames(folder));
  for (const std::string& name : names) {
    int64_t version = 0;
    if (!absl::SimpleAtoi(name, &version) || version < 1) continue;
    RETURN_IF_ERROR(LoadVersion(model, version));
  }
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
  absl::MutexLock lock(&mutex_);
  models_[model][version] = std::move(description);
  return absl::OkStatus();
}

absl::StatusOr<v1::ModelVersion> FileModelStore::Publish(v1::ModelVersion description,
                                                         const std::string& source_directory) {
  RETURN_IF_ERROR(CheckModelName(description.model()));
  absl::MutexLock publishing(&publish_mutex_);
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const v1::ModelVersion* published = FindRun(description.run_id())) return *published;
    const auto model = models_.find(description.model());
    const bool first = model == models_.end() || model->second.empty();
    description.set_version(first ? 1 : model->second.rbegin()->first + 1);
  }
  RETURN_IF_ERROR(WriteVersion(description, source_directory));
  absl::MutexLock lock(&mutex_);
  models_[description.model()][description.version()] = description;
  return description;
}

absl::Status FileModelStore::WriteVersion(const v1::ModelVersion& description,
                                          const std::string& source_directory) const {
  const std::string folder = absl::StrCat(root_, "/", description.model());
  const std::string unfinished = absl::StrCat(folder, "/", kUnfinishedFolder);
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

absl::StatusOr<const v1::ModelVersion*> FileModelStore::FindEntry(absl::string_view model,
                                                                  int64_t version) const {
  const auto found = models_.find(model);
  if (found == models_.end() || found->second.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no model \"", model, "\"; models: ", KeysText(models_)));
  }
  const Versions& versions = found->second;
  if (version == 0) return &versions.rbegin()->second;
  const auto entry = versions.find(version);
  if (entry == versions.end()) {
    return absl::NotFoundError(absl::StrCat("model ", model, " has no version ", version,
                                            "; versions: ", KeysText(versions)));
  }
  return &entry->second;
}

absl::StatusOr<v1::ModelVersion> FileModelStore::Get(absl::string_view model,
                                                     int64_t version) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const v1::ModelVersion* const entry, FindEntry(model, version));
  return *entry;
}

absl::StatusOr<int64_t> FileModelStore::FindVersion(absl::string_view model,
                                                    int64_t version) const {
  absl::ReaderMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const v1::ModelVersion* const entry, FindEntry(model, version));
  return entry->version();
}

std::vector<v1::Model> FileModelStore::List() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<v1::Model> models;
  for (const auto& [name, versions] : models_) {
    v1::Model& model = models.emplace_back();
    model.set_name(name);
    for (auto entry = versions.rbegin(); entry != versions.rend(); ++entry) {
      *model.add_versions() = entry->second;
    }
  }
  return models;
}

std::string FileModelStore::Directory(absl::string_view model, int64_t version) const {
  return absl::StrCat(root_, "/", model, "/", version);
}

const v1::ModelVersion* FileModelStore::FindRun(absl::string_view run_id) const {
  if (run_id.empty()) return nullptr;
  for (const auto& [unused_name, versions] : models_) {
    for (const auto& [unused_number, version] : versions) {
      if (version.run_id() == run_id) return &version;
    }
  }
  return nullptr;
}

}  // namespace traind
