#ifndef TRAIND_SERVER_DATASETS_DATASET_READER_H_
#define TRAIND_SERVER_DATASETS_DATASET_READER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/input_file.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// What files are by their names: all of one format. INVALID_ARGUMENT names a file that is
// of none or of another one.
absl::StatusOr<v1::DatasetFormat> FormatOf(const std::vector<InputFile>& files);

// Reads files as a dataset, by their names if the source does not say what they are.
// INVALID_ARGUMENT names the file and the row or byte; RESOURCE_EXHAUSTED past
// limits.dataset_bytes_max.
absl::StatusOr<DatasetContent> ReadDataset(const std::vector<InputFile>& files,
                                           const v1::DatasetSource& source, const Limits& limits);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_READER_H_
