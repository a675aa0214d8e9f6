#include "server/datasets/dataset_reader.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/datasets/array_dataset.h"
#include "server/datasets/csv_dataset.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/idx_dataset.h"
#include "server/datasets/image_folder.h"

namespace traind {
namespace {

v1::DatasetFormat FormatOfName(const std::string& name) {
  const std::string lower = absl::AsciiStrToLower(name);
  const auto ends = [&](absl::string_view ending) { return absl::EndsWith(lower, ending); };
  if (ends("-ubyte") || ends("-ubyte.gz")) return v1::DATASET_FORMAT_IDX;
  if (ends(".csv") || ends(".tsv")) return v1::DATASET_FORMAT_CSV;
  if (ends(".npy") || ends(".npz")) return v1::DATASET_FORMAT_NUMPY;
  if (ends(".safetensors")) return v1::DATASET_FORMAT_SAFETENSORS;
  if (ends(".png") || ends(".jpg") || ends(".jpeg")) return v1::DATASET_FORMAT_IMAGES;
  return v1::DATASET_FORMAT_UNSPECIFIED;
}

absl::StatusOr<DatasetContent> ReadAs(v1::DatasetFormat format, const std::vector<InputFile>& files,
                                      const v1::DatasetSource& source, int64_t bytes_max) {
  switch (format) {
    case v1::DATASET_FORMAT_IDX:
      return ReadIdxDataset(files);
    case v1::DATASET_FORMAT_CSV:
      return ReadCsvDataset(files, source, bytes_max / static_cast<int64_t>(sizeof(double)));
    case v1::DATASET_FORMAT_NUMPY:
    case v1::DATASET_FORMAT_SAFETENSORS: {
      ASSIGN_OR_RETURN(std::vector<NamedArray> arrays, ReadArrays(files, bytes_max));
      return MakeArrayDataset(std::move(arrays), source);
    }
    case v1::DATASET_FORMAT_IMAGES:
      return ReadImageFolder(files, source, bytes_max);
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("format: expected IDX, CSV, NUMPY, SAFETENSORS or IMAGES, got ",
                       static_cast<int>(format)));
  }
}

// Makes the splits one dataset: of one row shape, one type, and one number of classes.
absl::Status Unify(DatasetContent& content) {
  if (content.splits.empty()) return absl::InvalidArgumentError("expected rows, got none");
  const auto& [first_name, first] = *content.splits.begin();
  int64_t class_count = static_cast<int64_t>(content.class_names.size());
  for (const auto& [name, split] : content.splits) {
    const SplitShape& shape = split.shape;
    if (shape.row_shape != first.shape.row_shape ||
        shape.element_type != first.shape.element_type ||
        shape.target_count != first.shape.target_count) {
      return absl::InvalidArgumentError(absl::StrCat(
          "split ", name, ": expected rows as in the split ", first_name, ", [",
          absl::StrJoin(first.shape.row_shape, ", "), "] with ", first.shape.target_count,
          " targets, got [", absl::StrJoin(shape.row_shape, ", "), "] with ", shape.target_count,
          ", or another type of numbers"));
    }
    for (const int64_t label : split.labels) class_count = std::max(class_count, label + 1);
  }
  for (auto& [name, split] : content.splits) {
    split.shape.class_count = split.shape.target_count == 0 ? class_count : 0;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::DatasetFormat> FormatOf(const std::vector<InputFile>& files) {
  if (files.empty()) return absl::InvalidArgumentError("files: expected at least one, got none");
  const v1::DatasetFormat first = FormatOfName(files.front().name);
  for (const InputFile& file : files) {
    const v1::DatasetFormat format = FormatOfName(file.name);
    if (format == v1::DATASET_FORMAT_UNSPECIFIED) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.name,
          ": expected a .csv, .npy, .npz, .safetensors, .png or .jpg file, or one of MNIST's "
          "names; choose a format"));
    }
    if (format != first) {
      return absl::InvalidArgumentError(absl::StrCat(file.name, ": expected files of one format, ",
                                                     files.front().name, " is of another"));
    }
  }
  return first;
}

absl::StatusOr<DatasetContent> ReadDataset(const std::vector<InputFile>& files,
                                           const v1::DatasetSource& source, const Limits& limits) {
  v1::DatasetFormat format = source.format();
  if (format == v1::DATASET_FORMAT_UNSPECIFIED) {
    ASSIGN_OR_RETURN(format, FormatOf(files));
  }
  ASSIGN_OR_RETURN(DatasetContent content, ReadAs(format, files, source, limits.dataset_bytes_max));
  RETURN_IF_ERROR(Unify(content));
  return content;
}

}  // namespace traind
