#ifndef TRAIND_SERVER_DATASETS_IDX_DATASET_H_
#define TRAIND_SERVER_DATASETS_IDX_DATASET_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/input_file.h"
#include "server/datasets/split.h"

namespace traind {

// The two files of a split in MNIST's layout: `<prefix>-images-idx3-ubyte[.gz]` and
// `<prefix>-labels-idx1-ubyte[.gz]`, where the prefix is the split's name, and `t10k` for
// the split `test`.
struct IdxSplitFiles {
  std::optional<InputFile> images;
  std::optional<InputFile> labels;
};

// The splits among the files, by their names without folders. Others are passed over. Of a
// file and its gzipped form the first one counts.
std::map<std::string, IdxSplitFiles> FindIdxSplits(const std::vector<InputFile>& files);

// Reads a split: U8 [1, H, W] and classes. DATA_LOSS names the file: damaged, absent, or
// with another number of rows than the other one.
absl::StatusOr<Split> ReadIdxSplit(const IdxSplitFiles& files);

// The same without reading the rows.
absl::StatusOr<SplitShape> InspectIdxSplit(const IdxSplitFiles& files);

// Makes a dataset of files that are pushed. INVALID_ARGUMENT in place of DATA_LOSS, and for
// a file of another name.
absl::StatusOr<DatasetContent> ReadIdxDataset(const std::vector<InputFile>& files);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_IDX_DATASET_H_
