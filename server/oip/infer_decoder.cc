#include "server/oip/infer_decoder.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/oip/datatype.h"
#include "server/oip/error_text.h"
#include "server/oip/tensor_bytes.h"

namespace traind {
namespace {

using inference::ModelInferRequest;
using Input = ModelInferRequest::InferInputTensor;

// Names of all datatypes, or only of those that models here take.
std::string DatatypeNames(bool served_only) {
  std::vector<absl::string_view> names;
  for (const OipDatatype& datatype : OipDatatypes()) {
    if (served_only && datatype.data_type == v1::DATA_TYPE_UNSPECIFIED) continue;
    names.push_back(datatype.name);
  }
  return absl::StrJoin(names, ", ");
}

absl::Status InvalidInput(const Input& input, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("input ", QuotedName(input.name()), ": ", reason));
}

absl::Status CheckNames(const ModelInferRequest& request) {
  std::set<absl::string_view> names;
  for (const Input& input : request.inputs()) {
    if (input.name().empty()) {
      return absl::InvalidArgumentError("inputs: expected a name for each, got one without");
    }
    if (!names.insert(input.name()).second) {
      return InvalidInput(input, "expected once, got twice");
    }
  }
  return absl::OkStatus();
}

// Each input has its elements in one and the same way.
absl::Status CheckWays(const ModelInferRequest& request) {
  for (const Input& input : request.inputs()) {
    RETURN_IF_ERROR(
        CheckNoSharedMemory(absl::StrCat("input ", QuotedName(input.name())), input.parameters()));
  }
  const int raw = request.raw_input_contents_size();
  if (raw == 0) return absl::OkStatus();
  for (const Input& input : request.inputs()) {
    if (!input.has_contents()) continue;
    return InvalidInput(input, "expected raw_input_contents or contents, got both");
  }
  if (raw == request.inputs_size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("raw_input_contents: expected one for each of the ", request.inputs_size(),
                   " inputs, got ", raw));
}

// Messages of errors go on after the input's name, datatype and shape.
absl::Status DecodeInput(const Input& input, const OipDatatype& datatype, const std::string* raw,
                         InferCall& call) {
  TensorView view;
  view.name = input.name();
  view.data_type = datatype.data_type;
  view.shape = absl::MakeConstSpan(input.shape().data(), static_cast<size_t>(input.shape_size()));
  ASSIGN_OR_RETURN(const int64_t count, CountElements(datatype, view.shape));
  if (raw != nullptr) {
    RETURN_IF_ERROR(CheckTensorBytes(datatype, count, *raw));
    view.bytes = *raw;
  } else if (!input.has_contents() && count > 0) {
    return absl::InvalidArgumentError("expected raw_input_contents or contents, got neither");
  } else {
    ASSIGN_OR_RETURN(std::string bytes, PackContents(datatype, count, input.contents()));
    call.storage.push_back(std::make_unique<const std::string>(std::move(bytes)));
    view.bytes = *call.storage.back();
  }
  if (view.data_type == v1::DATA_TYPE_UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat("expected a datatype that models here take (",
                                                   DatatypeNames(true), "), got ", datatype.name));
  }
  call.inputs.push_back(view);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InferCall> DecodeInferRequest(const ModelInferRequest& request) {
  InferCall call;
  ASSIGN_OR_RETURN(call.selector,
                   ParseModelSelector(request.model_name(), request.model_version()));
  call.id = request.id();
  ASSIGN_OR_RETURN(call.parameters, ParseInferParameters(request.parameters()));
  RETURN_IF_ERROR(CheckNames(request));
  RETURN_IF_ERROR(CheckWays(request));
  const bool is_raw = request.raw_input_contents_size() > 0;
  for (int i = 0; i < request.inputs_size(); ++i) {
    const Input& input = request.inputs(i);
    const OipDatatype* const datatype = FindOipDatatype(input.datatype());
    if (datatype == nullptr) {
      return InvalidInput(input, absl::StrCat("expected a datatype of ", DatatypeNames(false),
                                              ", got ", QuotedName(input.datatype())));
    }
    const absl::Status decoded =
        DecodeInput(input, *datatype, is_raw ? &request.raw_input_contents(i) : nullptr, call);
    if (!decoded.ok()) {
      return InvalidInput(input, absl::StrCat(datatype->name, " ", TensorShapeText(input.shape()),
                                              ": ", decoded.message()));
    }
  }
  return call;
}

}  // namespace traind
