#include "server/serving/signature.h"

#include <cmath>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using Shape = google::protobuf::RepeatedField<int64_t>;

std::string ShapeText(const Shape& shape) {
  return absl::StrCat("[",
                      absl::StrJoin(shape, ", ",
                                    [](std::string* out, int64_t size) {
                                      absl::StrAppend(out, size < 0 ? "N" : absl::StrCat(size));
                                    }),
                      "]");
}

absl::string_view TypeName(v1::DataType type) {
  if (!v1::DataType_IsValid(type)) return "an unknown type";
  return absl::StripPrefix(v1::DataType_Name(type), "DATA_TYPE_");
}

std::string Got(const TensorView& tensor) {
  return absl::StrCat(TypeName(tensor.data_type), " ",
                      absl::StrCat("[", absl::StrJoin(tensor.shape, ", "), "]"));
}

absl::Status CheckShape(const v1::TensorSignature& signature, const TensorView& tensor,
                        int64_t rows_max) {
  const std::string expected =
      absl::StrCat("input ", signature.name(), ": expected ", TypeName(signature.data_type()), " ",
                   ShapeText(signature.shape()));
  bool fits = tensor.data_type == signature.data_type() &&
              static_cast<int>(tensor.shape.size()) == signature.shape_size();
  for (int i = 0; fits && i < signature.shape_size(); ++i) {
    fits = signature.shape(i) < 0 || signature.shape(i) == tensor.shape[i];
  }
  if (!fits) return absl::InvalidArgumentError(absl::StrCat(expected, ", got ", Got(tensor)));
  if (tensor.shape[0] < 1 || tensor.shape[0] > rows_max) {
    return absl::InvalidArgumentError(absl::StrCat(expected, " with 1 to ", rows_max,
                                                   " rows (predict_rows_max), got ",
                                                   tensor.shape[0], " rows"));
  }
  return absl::OkStatus();
}

absl::Status CheckValues(const TensorView& tensor) {
  // The signature bounds every size, so this product cannot overflow.
  int64_t expected = ElementBytes(tensor.data_type);
  for (int64_t size : tensor.shape) expected *= size;
  const int64_t got = static_cast<int64_t>(tensor.bytes.size());
  if (got != expected) {
    return absl::InvalidArgumentError(absl::StrCat("input ", tensor.name, ": expected ", expected,
                                                   " bytes for ", Got(tensor), ", got ", got));
  }
  if (tensor.data_type != v1::DATA_TYPE_FP32) return absl::OkStatus();
  const char* bytes = tensor.bytes.data();
  for (int64_t i = 0; i < got / 4; ++i) {
    float value;
    std::memcpy(&value, bytes + i * 4, 4);
    if (!std::isfinite(value)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input ", tensor.name, ": expected finite numbers, got ", value, " at element ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

int64_t ElementBytes(v1::DataType type) {
  switch (type) {
    case v1::DATA_TYPE_FP32:
      return 4;
    case v1::DATA_TYPE_INT64:
      return 8;
    case v1::DATA_TYPE_UINT8:
      return 1;
    default:
      return 0;
  }
}

absl::StatusOr<int64_t> CheckInputs(const v1::ModelVersion& version,
                                    absl::Span<const TensorView> inputs, const Limits& limits) {
  const std::string names =
      absl::StrJoin(version.inputs(), ", ", [](std::string* out, const v1::TensorSignature& input) {
        absl::StrAppend(out, input.name());
      });
  if (static_cast<int>(inputs.size()) != version.inputs_size()) {
    return absl::InvalidArgumentError(absl::StrCat("inputs: expected ", version.inputs_size(), " (",
                                                   names, "), got ", inputs.size()));
  }
  for (int i = 0; i < version.inputs_size(); ++i) {
    const v1::TensorSignature& signature = version.inputs(i);
    if (inputs[i].name != signature.name()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "inputs: expected ", names, ", got a tensor named \"", inputs[i].name, "\""));
    }
    RETURN_IF_ERROR(CheckShape(signature, inputs[i], limits.predict_rows_max));
    RETURN_IF_ERROR(CheckValues(inputs[i]));
  }
  if (inputs.empty()) return absl::InvalidArgumentError("inputs: the model takes no input");
  return inputs[0].shape[0];
}

}  // namespace traind
