#ifndef TRAIND_SERVER_RPC_PREDICT_REQUEST_H_
#define TRAIND_SERVER_RPC_PREDICT_REQUEST_H_

#include "absl/status/statusor.h"
#include "server/serving/predict_call.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {

// What a PredictRequest asks for, without a deadline. Its views point into the request,
// which must outlive it. INVALID_ARGUMENT: a version or an alias that cannot be one;
// the tensors are for the signature's check.
absl::StatusOr<PredictCall> DecodePredictRequest(const v1::PredictRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_PREDICT_REQUEST_H_
