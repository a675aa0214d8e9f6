#ifndef TRAIND_SERVER_OIP_INFER_DECODER_H_
#define TRAIND_SERVER_OIP_INFER_DECODER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"
#include "server/oip/infer_parameters.h"
#include "server/oip/model_selector.h"
#include "server/serving/tensor_view.h"

namespace traind {

// What a ModelInferRequest says, in our words. Its views point into the request,
// which must outlive it, and into `storage`. Moving keeps them valid.
struct InferCall {
  ModelSelector selector;
  absl::string_view id;
  InferParameters parameters;
  std::vector<TensorView> inputs;
  // Bytes of inputs that came as typed contents.
  std::vector<std::unique_ptr<const std::string>> storage;
};

// Checks and converts all of a request but its outputs, which need the model's
// signature (requested_outputs.h). Each view's bytes are exactly its shape's; whether
// the model wants such tensors is for the signature's check.
//
// INVALID_ARGUMENT: what makes no sense for any model, or a datatype that no model
// here takes. UNIMPLEMENTED: shared memory.
absl::StatusOr<InferCall> DecodeInferRequest(const inference::ModelInferRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_INFER_DECODER_H_
