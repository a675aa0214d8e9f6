#ifndef TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_
#define TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/datasets/split.h"

namespace traind {

// Datasets in a folder, one subfolder each, in MNIST's own layout:
// `<dataset>/<prefix>-images-idx3-ubyte[.gz]` and `<prefix>-labels-idx1-ubyte[.gz]`,
// where the prefix is the split's name, and `t10k` for the split `test`.
// Thread-safe: holds nothing but the path.
class DatasetDirectory {
 public:
  explicit DatasetDirectory(std::string root) : root_(std::move(root)) {}

  // Reads and checks a split. NOT_FOUND for an unknown dataset (names the folder
  // looked in, the known datasets and how to get one) or split (names the known
  // ones); INVALID_ARGUMENT for a name with other characters than letters,
  // digits, `-`, `_`; DATA_LOSS for damaged files or unequal row counts.
  absl::StatusOr<Split> ReadSplit(absl::string_view dataset, absl::string_view split) const;

  // Checks the same without keeping the values; the same errors.
  absl::StatusOr<SplitShape> InspectSplit(absl::string_view dataset, absl::string_view split) const;

  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_DIRECTORY_H_
