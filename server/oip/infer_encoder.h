#ifndef TRAIND_SERVER_OIP_INFER_ENCODER_H_
#define TRAIND_SERVER_OIP_INFER_ENCODER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "server/oip/requested_outputs.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

// The answer to a request with `id`: the chosen outputs of `prediction`, in their
// order, each raw, since clients read nothing else. The version's number is that of
// `version`, which has answered, even when the request named none.
//
// A classification is BYTES [N, k], elements `value:class`, or `value:class:name` where the
// version names its classes, largest value first and of equal ones the lower class; a NaN
// comes last.
//
// INTERNAL: an output that predictions do not have, or a prediction whose sizes do not
// agree.
absl::StatusOr<inference::ModelInferResponse> EncodePrediction(
    const v1::ModelVersion& version, const Prediction& prediction,
    absl::Span<const RequestedOutput> outputs, absl::string_view id);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_INFER_ENCODER_H_
