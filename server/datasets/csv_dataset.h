#ifndef TRAIND_SERVER_DATASETS_CSV_DATASET_H_
#define TRAIND_SERVER_DATASETS_CSV_DATASET_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/input_file.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// Makes a dataset of CSV files: one is cut into the source's shares, several are the splits
// that their names say (`train.csv`, `test.csv`). Rows are FP64 features in the order of the
// columns; a column of categories is a feature of 0 or 1 for each of its words, in their
// order, named `colour=red`. Classes are the label column's words in order, of numbers if all
// are numbers. INVALID_ARGUMENT names file, line and column.
absl::StatusOr<DatasetContent> ReadCsvDataset(const std::vector<InputFile>& files,
                                              const v1::DatasetSource& source, int64_t values_max);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_CSV_DATASET_H_
