#ifndef TRAIND_SERVER_RPC_INFER_EXCHANGE_H_
#define TRAIND_SERVER_RPC_INFER_EXCHANGE_H_

#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "inference/grpc_service.pb.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/oip/requested_outputs.h"
#include "server/serving/predict_service.h"

namespace traind {

// One request of the Open Inference Protocol on its way to its answer, and what the
// predict core points to meanwhile. For one request; not thread-safe.
class InferExchange {
 public:
  // What every exchange of a server shares; must outlive them.
  struct Shared {
    PredictService& predicts;
    const Limits limits;
    const Clock& clock;
  };
  // OK: the response is filled.
  using Done = std::function<void(const absl::Status&)>;

  InferExchange() = default;
  InferExchange(const InferExchange&) = delete;

  // Has `request` answered into `response`, through `done`, exactly once: on the calling
  // thread when it is refused, else on one of the core's. All of them, the call's
  // context and this must live until then. Never blocks.
  //
  // NOT_FOUND: no such version. INVALID_ARGUMENT, UNIMPLEMENTED as DecodeInferRequest and
  // ChooseOutputs say, before anything is computed; else as PredictService::Predict. All
  // are counted.
  void Begin(const Shared& shared, const inference::ModelInferRequest& request,
             const grpc::CallbackServerContext& context, inference::ModelInferResponse& response,
             Done done);

 private:
  // Notes in `version` the one that is asked as soon as it is known.
  absl::StatusOr<PredictCall> ToCall(const Shared& shared,
                                     const inference::ModelInferRequest& request,
                                     const grpc::CallbackServerContext& context,
                                     std::shared_ptr<const v1::ModelVersion>& version);
  void Answer(const absl::Status& status);
  absl::Status Fill(const absl::StatusOr<Predicted>& answer) const;

  const inference::ModelInferRequest* request_ = nullptr;
  inference::ModelInferResponse* response_ = nullptr;
  Done done_;
  std::vector<RequestedOutput> outputs_;
  // Bytes of inputs that came as typed contents.
  std::vector<std::unique_ptr<const std::string>> storage_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_INFER_EXCHANGE_H_
