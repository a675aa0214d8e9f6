#ifndef TRAIND_CLIENT_TRAINCTL_DATASET_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_DATASET_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "traind/v1/dataset.pb.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// A line for each dataset: rows of its splits, shape, classes, size, first digits of its SHA-256.
std::string DatasetTable(const std::vector<v1::Dataset>& datasets);

// Everything about one: splits, rows of each class, statistics of each channel or feature.
std::string DatasetText(const v1::Dataset& dataset);

// One line: what a push has made.
std::string DatasetLine(const v1::Dataset& dataset);

// Rows as people look at them: pictures drawn, other values as a table. `indexes` are those
// that were asked for. INTERNAL for an answer that does not fit its own shapes.
absl::StatusOr<std::string> RowsText(const std::vector<int64_t>& indexes,
                                     const v1::ReadDatasetRowsResponse& rows, bool colour);

// The values of a tensor, each as a double. INTERNAL when bytes, type and shape do not fit.
absl::StatusOr<std::vector<double>> TensorValues(const v1::Tensor& tensor);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_DATASET_TEXT_H_
