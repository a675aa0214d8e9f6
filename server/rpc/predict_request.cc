#include "server/rpc/predict_request.h"

#include "absl/strings/str_cat.h"

namespace traind {

absl::StatusOr<PredictCall> DecodePredictRequest(const v1::PredictRequest& request) {
  PredictCall call;
  call.model = request.model();
  if (request.selector_case() == v1::PredictRequest::kAlias) {
    if (request.alias().empty()) {
      return absl::InvalidArgumentError("alias: expected a name such as production, got none");
    }
    call.alias = request.alias();
  }
  if (request.selector_case() == v1::PredictRequest::kVersion) {
    call.version = request.version();
    if (request.version() < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "version: expected 1 or more, or none for the newest, got ", request.version()));
    }
  }
  for (const v1::Tensor& tensor : request.inputs()) {
    call.inputs.push_back({tensor.name(), tensor.data_type(), tensor.shape(), tensor.data()});
  }
  return call;
}

}  // namespace traind
