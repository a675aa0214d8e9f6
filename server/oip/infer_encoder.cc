#include "server/oip/infer_encoder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/oip/datatype.h"
#include "server/oip/tensor_bytes.h"

namespace traind {
namespace {

using inference::ModelInferResponse;
using OutputTensor = ModelInferResponse::InferOutputTensor;

template <typename T>
std::string RawBytes(const std::vector<T>& values) {
  if (values.empty()) return std::string();
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

// The shortest digits that read back as the same number.
std::string ValueText(float value) {
  char digits[32];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value);
  return std::string(digits, end.ptr);
}

// The indexes of the `count` largest of `values`.
std::vector<int64_t> LargestIndexes(absl::Span<const float> values, int64_t count) {
  std::vector<int64_t> indexes(values.size());
  std::iota(indexes.begin(), indexes.end(), 0);
  const auto comes_first = [values](int64_t one, int64_t other) {
    const float left = values[one];
    const float right = values[other];
    if (std::isnan(left) || std::isnan(right)) {
      return std::isnan(left) == std::isnan(right) ? one < other : std::isnan(right);
    }
    return left != right ? left > right : one < other;
  };
  const auto end = indexes.begin() + std::min<int64_t>(count, indexes.size());
  std::partial_sort(indexes.begin(), end, indexes.end(), comes_first);
  indexes.erase(end, indexes.end());
  return indexes;
}

// `score:index`, and `score:index:name` for a class that has one, as Triton has it.
std::string ClassText(const v1::ModelVersion& version, float value, int64_t index) {
  std::string text = absl::StrCat(ValueText(value), ":", index);
  if (index < version.class_names_size()) {
    absl::StrAppend(&text, ":", version.class_names(static_cast<int>(index)));
  }
  return text;
}

void EncodeClassification(const v1::ModelVersion& version, const Prediction& prediction,
                          const std::vector<float>& values, int64_t top_count, OutputTensor& tensor,
                          std::string& raw) {
  const int64_t count = std::min(top_count, prediction.class_count);
  tensor.set_datatype("BYTES");
  tensor.add_shape(prediction.row_count);
  tensor.add_shape(count);
  for (int64_t row = 0; row < prediction.row_count; ++row) {
    const absl::Span<const float> of_row =
        absl::MakeConstSpan(values).subspan(row * prediction.class_count, prediction.class_count);
    for (const int64_t index : LargestIndexes(of_row, count)) {
      AppendBytesElement(ClassText(version, of_row[index], index), raw);
    }
  }
}

void EncodeScores(const v1::ModelVersion& version, const Prediction& prediction,
                  const std::vector<float>& values, int64_t top_count, OutputTensor& tensor,
                  std::string& raw) {
  if (top_count > 0) {
    return EncodeClassification(version, prediction, values, top_count, tensor, raw);
  }
  tensor.set_datatype("FP32");
  tensor.add_shape(prediction.row_count);
  tensor.add_shape(prediction.class_count);
  raw = RawBytes(values);
}

absl::Status EncodeOutput(const v1::ModelVersion& version, const Prediction& prediction,
                          int64_t top_count, OutputTensor& tensor, std::string& raw) {
  if (tensor.name() == "classes") {
    tensor.set_datatype("INT64");
    tensor.add_shape(prediction.row_count);
    raw = RawBytes(prediction.classes);
  } else if (tensor.name() == "logits" || tensor.name() == "values") {
    EncodeScores(version, prediction, prediction.logits, top_count, tensor, raw);
  } else if (tensor.name() == "probabilities") {
    EncodeScores(version, prediction, prediction.probabilities, top_count, tensor, raw);
  } else {
    return absl::InternalError(absl::StrCat(
        "output: expected classes, logits, probabilities or values, got ", tensor.name()));
  }
  return absl::OkStatus();
}

absl::Status CheckSizes(const Prediction& prediction) {
  const size_t rows = static_cast<size_t>(prediction.row_count);
  const size_t values = rows * static_cast<size_t>(prediction.class_count);
  if (prediction.classes.size() == rows && prediction.logits.size() == values &&
      prediction.probabilities.size() == values) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("prediction: expected ", rows, " classes, ", values,
                                          " logits and probabilities, got ",
                                          prediction.classes.size(), ", ", prediction.logits.size(),
                                          " and ", prediction.probabilities.size()));
}

}  // namespace

absl::StatusOr<ModelInferResponse> EncodePrediction(const v1::ModelVersion& version,
                                                    const Prediction& prediction,
                                                    absl::Span<const RequestedOutput> outputs,
                                                    absl::string_view id) {
  RETURN_IF_ERROR(CheckSizes(prediction));
  ModelInferResponse response;
  response.set_model_name(version.model());
  response.set_model_version(absl::StrCat(version.version()));
  response.set_id(id.data(), id.size());
  for (const RequestedOutput& output : outputs) {
    OutputTensor& tensor = *response.add_outputs();
    tensor.set_name(version.outputs(output.index).name());
    RETURN_IF_ERROR(EncodeOutput(version, prediction, output.top_count, tensor,
                                 *response.add_raw_output_contents()));
  }
  return response;
}

}  // namespace traind
