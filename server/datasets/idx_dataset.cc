#include "server/datasets/idx_dataset.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/idx_file.h"

namespace traind {
namespace {

constexpr absl::string_view kImagesSuffix = "-images-idx3-ubyte";
constexpr absl::string_view kLabelsSuffix = "-labels-idx1-ubyte";

// What a file is by its name.
struct Part {
  std::string split;
  bool is_images = false;
};

std::optional<Part> PartOf(const InputFile& file) {
  const std::string base = std::filesystem::path(file.name).filename().string();
  absl::string_view name = base;
  absl::ConsumeSuffix(&name, ".gz");
  const bool is_images = absl::ConsumeSuffix(&name, kImagesSuffix);
  if ((!is_images && !absl::ConsumeSuffix(&name, kLabelsSuffix)) || name.empty()) {
    return std::nullopt;
  }
  // MNIST's own files call the test split t10k.
  return Part{name == "t10k" ? "test" : std::string(name), is_images};
}

// The readers below know a file by its path only; its owner by its name.
absl::Status Renamed(const absl::Status& status, const InputFile& file) {
  if (status.ok() || file.name == file.path) return status;
  return absl::Status(status.code(),
                      absl::StrReplaceAll(status.message(), {{file.path, file.name}}));
}

absl::Status CheckComplete(const IdxSplitFiles& files) {
  if (files.images && files.labels) return absl::OkStatus();
  const InputFile& there = files.images ? *files.images : *files.labels;
  return absl::DataLossError(
      absl::StrCat(there.name, ": expected its split's ", files.images ? "labels" : "images",
                   " or their .gz beside it, got none; fetch the dataset again"));
}

absl::StatusOr<SplitShape> CheckedShape(const IdxSplitFiles& files,
                                        const std::vector<int64_t>& images,
                                        const std::vector<int64_t>& labels) {
  if (images[0] != labels[0]) {
    return absl::DataLossError(absl::StrCat(files.labels->name, ": expected ", images[0],
                                            " labels, one per image, got ", labels[0],
                                            "; fetch the dataset again"));
  }
  return SplitShape{.row_count = images[0], .row_shape = {1, images[1], images[2]}};
}

absl::StatusOr<IdxArray> Read(const InputFile& file, int dimension_count) {
  absl::StatusOr<IdxArray> array = ReadIdxFile(file.path, dimension_count);
  if (!array.ok()) return Renamed(array.status(), file);
  return array;
}

absl::StatusOr<std::vector<int64_t>> Inspect(const InputFile& file, int dimension_count) {
  absl::StatusOr<std::vector<int64_t>> shape = InspectIdxFile(file.path, dimension_count);
  if (!shape.ok()) return Renamed(shape.status(), file);
  return shape;
}

}  // namespace

std::map<std::string, IdxSplitFiles> FindIdxSplits(const std::vector<InputFile>& files) {
  std::map<std::string, IdxSplitFiles> splits;
  for (const InputFile& file : files) {
    const std::optional<Part> part = PartOf(file);
    if (!part || !CheckDatasetName("split", part->split).ok()) continue;
    IdxSplitFiles& split = splits[part->split];
    std::optional<InputFile>& place = part->is_images ? split.images : split.labels;
    if (!place) place = file;
  }
  return splits;
}

absl::StatusOr<Split> ReadIdxSplit(const IdxSplitFiles& files) {
  RETURN_IF_ERROR(CheckComplete(files));
  ASSIGN_OR_RETURN(IdxArray images, Read(*files.images, 3));
  ASSIGN_OR_RETURN(const IdxArray labels, Read(*files.labels, 1));
  Split split;
  ASSIGN_OR_RETURN(split.shape, CheckedShape(files, images.shape, labels.shape));
  split.values = std::move(images.values);
  split.labels.assign(labels.values.begin(), labels.values.end());
  return split;
}

absl::StatusOr<SplitShape> InspectIdxSplit(const IdxSplitFiles& files) {
  RETURN_IF_ERROR(CheckComplete(files));
  ASSIGN_OR_RETURN(const std::vector<int64_t> images, Inspect(*files.images, 3));
  ASSIGN_OR_RETURN(const std::vector<int64_t> labels, Inspect(*files.labels, 1));
  return CheckedShape(files, images, labels);
}

absl::StatusOr<DatasetContent> ReadIdxDataset(const std::vector<InputFile>& files) {
  for (const InputFile& file : files) {
    if (PartOf(file)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(file.name, ": expected a name such as train-images-idx3-ubyte.gz"));
  }
  DatasetContent content;
  for (const auto& [name, split_files] : FindIdxSplits(files)) {
    absl::StatusOr<Split> split = ReadIdxSplit(split_files);
    if (absl::IsDataLoss(split.status())) {
      return absl::InvalidArgumentError(split.status().message());
    }
    RETURN_IF_ERROR(split.status());
    content.splits.emplace(name, *std::move(split));
  }
  return content;
}

}  // namespace traind
