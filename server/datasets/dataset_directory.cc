#include "server/datasets/dataset_directory.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/datasets/idx_file.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameCharactersMax = 63;
// Entries of a folder that a message about unknown names lists.
constexpr size_t kListedNamesMax = 50;
constexpr char kImagesSuffix[] = "-images-idx3-ubyte";
constexpr char kLabelsSuffix[] = "-labels-idx1-ubyte";

// The two files of a split.
struct SplitFiles {
  std::string images;
  std::string labels;
};

absl::Status CheckName(absl::string_view what, absl::string_view name) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; };
  if (!name.empty() && name.size() <= kNameCharactersMax &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      what, " name: expected 1 to ", kNameCharactersMax, " letters, digits, `-` and `_`, got `",
      absl::CHexEscape(name.substr(0, kNameCharactersMax)), "`"));
}

// MNIST's own files call the test split t10k.
std::string SplitPrefix(absl::string_view split) {
  return split == "test" ? "t10k" : std::string(split);
}

std::string SplitName(absl::string_view prefix) {
  return prefix == "t10k" ? "test" : std::string(prefix);
}

std::string Joined(const std::set<std::string>& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

// Names that `pick` makes of a folder's entries; empty when it cannot be read.
template <typename Pick>
std::set<std::string> ListNames(const fs::path& folder, Pick pick) {
  std::set<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (names.size() >= kListedNamesMax) break;
    std::optional<std::string> name = pick(*entry);
    if (name.has_value()) names.insert(*std::move(name));
  }
  return names;
}

std::set<std::string> ListDatasets(const fs::path& root) {
  return ListNames(root, [](const fs::directory_entry& entry) -> std::optional<std::string> {
    std::error_code error;
    if (!entry.is_directory(error)) return std::nullopt;
    return entry.path().filename().string();
  });
}

std::set<std::string> ListSplits(const fs::path& folder) {
  return ListNames(folder, [](const fs::directory_entry& entry) -> std::optional<std::string> {
    const std::string file = entry.path().filename().string();
    absl::string_view name = file;
    absl::ConsumeSuffix(&name, ".gz");
    if (!absl::ConsumeSuffix(&name, kImagesSuffix) || name.empty()) return std::nullopt;
    return SplitName(name);
  });
}

// The file itself or, failing that, its gzipped form.
std::optional<std::string> FindFile(const fs::path& folder, const std::string& name) {
  std::error_code error;
  for (const char* ending : {"", ".gz"}) {
    const fs::path file = folder / (name + ending);
    if (fs::exists(file, error)) return file.string();
  }
  return std::nullopt;
}

absl::StatusOr<SplitFiles> FindSplit(const std::string& root, absl::string_view dataset,
                                     absl::string_view split) {
  RETURN_IF_ERROR(CheckName("dataset", dataset));
  RETURN_IF_ERROR(CheckName("split", split));
  const fs::path folder = fs::path(root) / std::string(dataset);
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat(
        "no dataset `", dataset, "` in ", root, "; known datasets: ", Joined(ListDatasets(root)),
        "; scripts/setup fetches mnist, other datasets go into a subfolder there"));
  }
  const std::string prefix = SplitPrefix(split);
  const std::optional<std::string> images = FindFile(folder, prefix + kImagesSuffix);
  if (!images.has_value() || SplitName(split) != split) {
    return absl::NotFoundError(absl::StrCat("no split `", split, "` of dataset `", dataset, "` in ",
                                            folder.string(),
                                            "; known splits: ", Joined(ListSplits(folder))));
  }
  const std::optional<std::string> labels = FindFile(folder, prefix + kLabelsSuffix);
  if (!labels.has_value()) {
    return absl::DataLossError(absl::StrCat(*images, ": expected ", prefix, kLabelsSuffix,
                                            " or its .gz beside it, got none; fetch the dataset "
                                            "again"));
  }
  return SplitFiles{*images, *labels};
}

absl::StatusOr<SplitShape> CheckedShape(const SplitFiles& files, const std::vector<int64_t>& images,
                                        const std::vector<int64_t>& labels) {
  if (images[0] != labels[0]) {
    return absl::DataLossError(absl::StrCat(files.labels, ": expected ", images[0],
                                            " labels, one per image, got ", labels[0],
                                            "; fetch the dataset again"));
  }
  return SplitShape{.row_count = images[0], .row_shape = {1, images[1], images[2]}};
}

}  // namespace

absl::StatusOr<Split> DatasetDirectory::ReadSplit(absl::string_view dataset,
                                                  absl::string_view split) const {
  ASSIGN_OR_RETURN(const SplitFiles files, FindSplit(root_, dataset, split));
  ASSIGN_OR_RETURN(IdxArray images, ReadIdxFile(files.images, 3));
  ASSIGN_OR_RETURN(IdxArray labels, ReadIdxFile(files.labels, 1));
  Split result;
  ASSIGN_OR_RETURN(result.shape, CheckedShape(files, images.shape, labels.shape));
  result.values = std::move(images.values);
  result.labels.assign(labels.values.begin(), labels.values.end());
  return result;
}

absl::StatusOr<SplitShape> DatasetDirectory::InspectSplit(absl::string_view dataset,
                                                          absl::string_view split) const {
  ASSIGN_OR_RETURN(const SplitFiles files, FindSplit(root_, dataset, split));
  ASSIGN_OR_RETURN(const std::vector<int64_t> images, InspectIdxFile(files.images, 3));
  ASSIGN_OR_RETURN(const std::vector<int64_t> labels, InspectIdxFile(files.labels, 1));
  return CheckedShape(files, images, labels);
}

}  // namespace traind
