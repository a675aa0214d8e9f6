#ifndef TRAIND_SERVER_OIP_REQUESTED_OUTPUTS_H_
#define TRAIND_SERVER_OIP_REQUESTED_OUTPUTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "traind/v1/model.pb.h"

namespace traind {

// An output that a request asks for.
struct RequestedOutput {
  int index = 0;  // among the signature's outputs
  // Not 0: instead of the values, the largest so many of each row, with their classes.
  int64_t top_count = 0;
};

// The outputs that `request` asks for, in its order; without any, all of the
// signature's. More classes than the model has are all of them.
//
// INVALID_ARGUMENT: a name that is not in the signature or comes twice, or a
// classification of an output without a value for each class. UNIMPLEMENTED: shared
// memory.
absl::StatusOr<std::vector<RequestedOutput>> ChooseOutputs(
    const v1::ModelVersion& version, const inference::ModelInferRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_REQUESTED_OUTPUTS_H_
