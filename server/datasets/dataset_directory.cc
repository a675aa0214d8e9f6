#include "server/datasets/dataset_directory.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/datasets/content_hash.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/dataset_description.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/idx_dataset.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/row_partition.h"
#include "server/datasets/stored_split.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// Names that a message lists.
constexpr size_t kListedNamesMax = 50;

std::string Joined(absl::Span<const std::string> names) {
  if (names.empty()) return "none";
  return absl::StrJoin(names.subspan(0, std::min(names.size(), kListedNamesMax)), ", ");
}

// Regular files directly in a folder, sorted: a raw file comes before its gzipped form.
std::vector<InputFile> ListFiles(const fs::path& folder) {
  std::vector<InputFile> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().string();
    files.push_back({path, path});
  }
  std::sort(files.begin(), files.end(),
            [](const InputFile& left, const InputFile& right) { return left.path < right.path; });
  return files;
}

absl::Status UnknownSplit(absl::string_view dataset, absl::string_view split,
                          absl::string_view folder, std::vector<std::string> known) {
  return absl::NotFoundError(absl::StrCat("no split `", split, "` of dataset `", dataset, "` in ",
                                          folder, "; known splits: ", Joined(known)));
}

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  keys.reserve(map.size());
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

// Sizes and times of files, which tell whether they are still the same.
std::string IdentityOf(const std::map<std::string, IdxSplitFiles>& splits) {
  std::string identity;
  for (const auto& [name, files] : splits) {
    for (const std::optional<InputFile>& file : {files.images, files.labels}) {
      if (!file) continue;
      std::error_code error;
      absl::StrAppend(&identity, file->path, " ", fs::file_size(file->path, error), " ",
                      fs::last_write_time(file->path, error).time_since_epoch().count(), "\n");
    }
  }
  return identity;
}

absl::Status CheckSha256(absl::string_view dataset, absl::string_view expected,
                         absl::string_view got) {
  if (expected.empty() || expected == got) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "dataset ", dataset, ": expected SHA-256 ", expected, ", got ", got,
      ": it is not the data that the run was accepted with; put that back, or start a new run"));
}

// A folder in which something was pushed.
class StoredDataset {
 public:
  static absl::StatusOr<StoredDataset> Open(const fs::path& folder) {
    const std::string path = (folder / std::string(kDatasetDescriptionFile)).string();
    ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
    v1::Dataset description;
    if (!google::protobuf::TextFormat::ParseFromString(std::string(file.bytes()), &description) ||
        DatasetSha256(description) != description.sha256()) {
      return absl::DataLossError(
          absl::StrCat(path,
                       ": expected the description of a dataset, got a damaged file; delete "
                       "the dataset and push it again"));
    }
    return StoredDataset(folder, std::move(description));
  }

  const v1::Dataset& description() const { return description_; }

  absl::StatusOr<MappedFile> OpenSplit(absl::string_view split) const {
    return MappedFile::Open(PathOf(split));
  }

  absl::StatusOr<Split> Read(absl::string_view name) const {
    ASSIGN_OR_RETURN(const v1::DatasetSplit described, FindSplit(description_, name));
    ASSIGN_OR_RETURN(const MappedFile file, OpenSplit(name));
    absl::StatusOr<Split> split = DecodeSplit(file.bytes());
    if (split.ok() && SplitSha256(*split) == described.sha256()) {
      split->shape.class_count = described.class_row_counts_size();
      return split;
    }
    return absl::DataLossError(absl::StrCat(
        PathOf(name), ": expected SHA-256 ", described.sha256(), ", got a damaged file",
        split.ok() ? "" : absl::StrCat(" (", split.status().message(), ")"),
        "; delete the dataset and push it again"));
  }

 private:
  StoredDataset(fs::path folder, v1::Dataset description)
      : folder_(std::move(folder)), description_(std::move(description)) {}

  std::string PathOf(absl::string_view split) const {
    return (folder_ / absl::StrCat(split, ".safetensors")).string();
  }

  fs::path folder_;
  v1::Dataset description_;
};

// The folder of a dataset. NOT_FOUND.
absl::StatusOr<fs::path> FolderOf(const DatasetDirectory& directory, absl::string_view dataset) {
  RETURN_IF_ERROR(CheckDatasetName("dataset", dataset));
  fs::path folder = fs::path(directory.root()) / std::string(dataset);
  std::error_code error;
  if (fs::is_directory(folder, error)) return folder;
  return absl::NotFoundError(
      absl::StrCat("no dataset `", dataset, "` in ", directory.root(),
                   "; known datasets: ", Joined(directory.List()),
                   "; bring one with `trainctl dataset push`; scripts/setup fetches mnist"));
}

absl::Status CheckRows(absl::string_view where, int64_t row_count, absl::Span<const int64_t> rows) {
  for (const int64_t row : rows) {
    if (row >= 0 && row < row_count) continue;
    return absl::OutOfRangeError(absl::StrCat("row_indexes: expected rows 0 to ", row_count - 1,
                                              " of ", where, ", got ", row));
  }
  return absl::OkStatus();
}

bool IsStored(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / std::string(kDatasetDescriptionFile), error);
}

// A split in MNIST's layout.
absl::StatusOr<IdxSplitFiles> FindIdxSplit(absl::string_view dataset, absl::string_view split,
                                           const fs::path& folder) {
  RETURN_IF_ERROR(CheckDatasetName("split", split));
  const auto splits = FindIdxSplits(ListFiles(folder));
  const auto found = splits.find(std::string(split));
  if (found != splits.end()) return found->second;
  return UnknownSplit(dataset, split, folder.string(), KeysOf(splits));
}

// Splits in MNIST's layout: those named, or all.
absl::StatusOr<std::map<std::string, Split>> ReadIdxSplits(const fs::path& folder,
                                                           absl::Span<const std::string> wanted,
                                                           bool all) {
  std::map<std::string, Split> splits;
  for (const auto& [name, files] : FindIdxSplits(ListFiles(folder))) {
    if (!all && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    ASSIGN_OR_RETURN(splits[name], ReadIdxSplit(files));
  }
  return splits;
}

// Of a dataset whose classes have only numbers.
std::string Sha256Of(const std::map<std::string, Split>& splits) {
  v1::Dataset dataset;
  for (const auto& [name, split] : splits) {
    v1::DatasetSplit& described = *dataset.add_splits();
    described.set_name(name);
    described.set_sha256(SplitSha256(split));
  }
  return DatasetSha256(dataset);
}

}  // namespace

absl::StatusOr<v1::DatasetSplit> FindSplit(const v1::Dataset& dataset, absl::string_view split) {
  std::vector<std::string> known;
  for (const v1::DatasetSplit& candidate : dataset.splits()) {
    if (candidate.name() == split) return candidate;
    known.push_back(candidate.name());
  }
  return absl::NotFoundError(absl::StrCat("no split `", split, "` of dataset `", dataset.name(),
                                          "`; known splits: ", Joined(known)));
}

// Bounded by forgetting all.
class DatasetDirectory::Descriptions {
 public:
  absl::StatusOr<v1::Dataset> Get(const std::string& dataset, const fs::path& folder) {
    const std::map<std::string, IdxSplitFiles> files = FindIdxSplits(ListFiles(folder));
    if (files.empty()) {
      return absl::DataLossError(
          absl::StrCat(folder.string(),
                       ": expected a dataset that was pushed, or files such as "
                       "train-images-idx3-ubyte, got neither"));
    }
    const std::string identity = IdentityOf(files);
    {
      absl::MutexLock lock(&mutex_);
      const auto found = known_.find(dataset);
      if (found != known_.end() && found->second.identity == identity) {
        return found->second.description;
      }
    }
    DatasetContent content;
    for (const auto& [name, split] : files) {
      ASSIGN_OR_RETURN(content.splits[name], ReadIdxSplit(split));
    }
    v1::Dataset description = DescribeDataset(dataset, content);
    for (const auto& [name, split] : files) {
      std::error_code error;
      description.set_size_bytes(description.size_bytes() +
                                 static_cast<int64_t>(fs::file_size(split.images->path, error)) +
                                 static_cast<int64_t>(fs::file_size(split.labels->path, error)));
    }
    absl::MutexLock lock(&mutex_);
    if (static_cast<int>(known_.size()) >= Limits().datasets_max) known_.clear();
    known_[dataset] = {identity, description};
    return description;
  }

 private:
  struct Known {
    std::string identity;
    v1::Dataset description;
  };

  absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

DatasetDirectory::DatasetDirectory(std::string root)
    : root_(std::move(root)), descriptions_(std::make_shared<Descriptions>()) {}

absl::StatusOr<Split> DatasetDirectory::ReadSplit(absl::string_view dataset,
                                                  absl::string_view split) const {
  ASSIGN_OR_RETURN(std::vector<Split> splits, ReadSplits(dataset, {std::string(split)}, ""));
  return std::move(splits.front());
}

absl::StatusOr<std::vector<Split>> DatasetDirectory::ReadSplits(
    absl::string_view dataset, absl::Span<const std::string> splits,
    absl::string_view sha256) const {
  for (const std::string& split : splits) RETURN_IF_ERROR(CheckDatasetName("split", split));
  ASSIGN_OR_RETURN(const fs::path folder, FolderOf(*this, dataset));
  std::vector<Split> result;
  if (IsStored(folder)) {
    ASSIGN_OR_RETURN(const StoredDataset stored, StoredDataset::Open(folder));
    RETURN_IF_ERROR(CheckSha256(dataset, sha256, stored.description().sha256()));
    for (const std::string& split : splits) {
      ASSIGN_OR_RETURN(result.emplace_back(), stored.Read(split));
    }
    return result;
  }
  for (const std::string& split : splits) {
    RETURN_IF_ERROR(FindIdxSplit(dataset, split, folder).status());
  }
  ASSIGN_OR_RETURN(auto read, ReadIdxSplits(folder, splits, !sha256.empty()));
  if (!sha256.empty()) RETURN_IF_ERROR(CheckSha256(dataset, sha256, Sha256Of(read)));
  for (const std::string& split : splits) result.push_back(read.at(split));
  return result;
}

absl::StatusOr<Split> DatasetDirectory::ReadRows(absl::string_view dataset, absl::string_view split,
                                                 absl::Span<const int64_t> rows) const {
  ASSIGN_OR_RETURN(const fs::path folder, FolderOf(*this, dataset));
  const std::string where = absl::StrCat(dataset, ":", split);
  if (IsStored(folder)) {
    ASSIGN_OR_RETURN(const StoredDataset stored, StoredDataset::Open(folder));
    ASSIGN_OR_RETURN(const v1::DatasetSplit described, FindSplit(stored.description(), split));
    RETURN_IF_ERROR(CheckRows(where, described.row_count(), rows));
    ASSIGN_OR_RETURN(const MappedFile file, stored.OpenSplit(split));
    return DecodeRows(file.bytes(), rows);
  }
  ASSIGN_OR_RETURN(const Split whole, ReadSplit(dataset, split));
  RETURN_IF_ERROR(CheckRows(where, whole.shape.row_count, rows));
  return SelectRows(whole, rows);
}

absl::StatusOr<SplitShape> DatasetDirectory::InspectSplit(absl::string_view dataset,
                                                          absl::string_view split) const {
  ASSIGN_OR_RETURN(const fs::path folder, FolderOf(*this, dataset));
  if (IsStored(folder)) {
    ASSIGN_OR_RETURN(const StoredDataset stored, StoredDataset::Open(folder));
    ASSIGN_OR_RETURN(const v1::DatasetSplit described, FindSplit(stored.description(), split));
    return ShapeOf(described);
  }
  ASSIGN_OR_RETURN(const IdxSplitFiles files, FindIdxSplit(dataset, split, folder));
  return InspectIdxSplit(files);
}

absl::StatusOr<v1::Dataset> DatasetDirectory::Describe(absl::string_view dataset) const {
  ASSIGN_OR_RETURN(const fs::path folder, FolderOf(*this, dataset));
  if (!IsStored(folder)) return descriptions_->Get(std::string(dataset), folder);
  ASSIGN_OR_RETURN(const StoredDataset stored, StoredDataset::Open(folder));
  return stored.description();
}

std::vector<std::string> DatasetDirectory::List() const {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(root_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (entry->is_directory(ignored) && CheckDatasetName("dataset", name).ok()) {
      names.push_back(name);
    }
    if (static_cast<int>(names.size()) >= Limits().datasets_max) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace traind
