#ifndef TRAIND_CLIENT_TRAINCTL_PREDICT_ROWS_H_
#define TRAIND_CLIENT_TRAINCTL_PREDICT_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/trainctl/predict_result.h"
#include "client/traind_client.h"

namespace traind {

// What is to be predicted for a model that does not take pictures.
struct ValueRows {
  std::vector<std::string> names;        // how each row is called in the output
  std::vector<float> values;             // [N, …]
  std::vector<int64_t> labels;           // [N], or empty when they are not known
  std::vector<double> targets;           // [N, T], likewise
  std::vector<std::string> class_names;  // of the labels; may be empty

  int64_t row_count() const { return static_cast<int64_t>(names.size()); }
};

// Whether the model's one input is FP32 [-1, C, H, W].
bool TakesPictures(const v1::ModelVersion& version);

// Sizes of one row of the model's one input. FAILED_PRECONDITION unless that is FP32.
absl::StatusOr<std::vector<int64_t>> RowShapeOf(const v1::ModelVersion& version);

// One row, from numbers such as `5.1,3.5,1.4,0.2`. INVALID_ARGUMENT when it has not as many as
// the model takes.
absl::StatusOr<ValueRows> ParseValues(const std::string& text, const std::vector<int64_t>& shape);

// Rows of `dataset`, written as name:split, from the server. INVALID_ARGUMENT when they do not
// fit the model.
absl::StatusOr<ValueRows> ReadValueRows(Client& client, const std::string& dataset,
                                        const std::vector<int64_t>& indexes,
                                        const std::vector<int64_t>& shape);

// The tensor `x`, FP32 [N, …], little-endian.
v1::Tensor ToTensor(const ValueRows& rows, const std::vector<int64_t>& shape);

// A line for each row, and one for all: the class and how likely it is, or the numbers.
// `names` are those of the model's classes; a class without one gets that of the rows' labels,
// then its number. INTERNAL for an answer that does not fit.
absl::StatusOr<std::string> ValuePredictions(const ValueRows& rows,
                                             const v1::PredictResponse& response,
                                             const ClassNames& names);

// The same as one JSON document.
absl::StatusOr<std::string> ValuePredictionsJson(const ValueRows& rows,
                                                 const v1::PredictResponse& response,
                                                 const ClassNames& names);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PREDICT_ROWS_H_
