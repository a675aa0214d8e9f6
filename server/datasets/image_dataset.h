#ifndef TRAIND_SERVER_DATASETS_IMAGE_DATASET_H_
#define TRAIND_SERVER_DATASETS_IMAGE_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace traind {

// Sizes of a split.
struct ImageSplitShape {
  int64_t row_count = 0;
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
};

// A whole split in memory.
struct ImageSplit {
  ImageSplitShape shape;
  std::vector<uint8_t> images;  // [N, C, H, W]
  std::vector<uint8_t> labels;  // [N]

  // The pixels of one row, [C, H, W].
  absl::Span<const uint8_t> image(int64_t row) const;
};

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
  absl::StatusOr<ImageSplit> ReadSplit(absl::string_view dataset, absl::string_view split) const;

  // Checks the same without keeping the values; the same errors.
  absl::StatusOr<ImageSplitShape> InspectSplit(absl::string_view dataset,
                                               absl::string_view split) const;

  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_IMAGE_DATASET_H_
