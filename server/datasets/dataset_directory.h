#ifndef TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_
#define TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/datasets/split.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// In the folder of a dataset that was pushed: what is in it.
inline constexpr absl::string_view kDatasetDescriptionFile = "dataset.textproto";

// Datasets in a folder, one subfolder each: those that were pushed, with a description and
// a file for each split (docs/formats.md), and those in MNIST's own layout that people put
// there (see idx_dataset.h). Reads only. Thread-safe.
//
// All return NOT_FOUND for an unknown dataset (names the folder looked in, the known
// datasets and how to get one) or split (names the known ones); INVALID_ARGUMENT for a name
// with other characters than letters, digits, `-`, `_`; DATA_LOSS for damaged files.
class DatasetDirectory {
 public:
  explicit DatasetDirectory(std::string root);

  // Reads and checks a split.
  absl::StatusOr<Split> ReadSplit(absl::string_view dataset, absl::string_view split) const;

  // Reads and checks several. FAILED_PRECONDITION when the dataset's SHA-256 is not
  // `sha256`; empty: it may have any.
  absl::StatusOr<std::vector<Split>> ReadSplits(absl::string_view dataset,
                                                absl::Span<const std::string> splits,
                                                absl::string_view sha256) const;

  // Reads these rows of a split, in this order. OUT_OF_RANGE for one past its end.
  absl::StatusOr<Split> ReadRows(absl::string_view dataset, absl::string_view split,
                                 absl::Span<const int64_t> rows) const;

  // What a split is like, without keeping its rows.
  absl::StatusOr<SplitShape> InspectSplit(absl::string_view dataset, absl::string_view split) const;

  // What a dataset is like. Of one that people put there everything is read the first time,
  // and again when its files have other sizes or times.
  absl::StatusOr<v1::Dataset> Describe(absl::string_view dataset) const;

  // Names of the datasets, sorted, at most Limits::datasets_max.
  std::vector<std::string> List() const;

  const std::string& root() const { return root_; }

 private:
  class Descriptions;

  std::string root_;
  // Of datasets that people put there. Synchronises itself.
  std::shared_ptr<Descriptions> descriptions_;
};

// The split of a description. NOT_FOUND names the known ones.
absl::StatusOr<v1::DatasetSplit> FindSplit(const v1::Dataset& dataset, absl::string_view split);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_
