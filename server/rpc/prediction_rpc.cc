#include "server/rpc/prediction_rpc.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/rpc/answer.h"
#include "server/rpc/grpc_status.h"

namespace traind {

grpc::ServerUnaryReactor* PredictionRpc::Predict(grpc::CallbackServerContext* context,
                                                 const v1::PredictRequest* request,
                                                 v1::PredictResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  CallDoor::Call call;
  const absl::Status admitted = door_.Enter(*context, "PredictionService/Predict", call);
  auto finish = [this, reactor, response,
                 call = std::move(call)](absl::StatusOr<v1::PredictResponse> answer) {
    const absl::Status status = Answer(std::move(answer), response);
    door_.Leave(call, status);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (admitted.ok()) {
    predicts_.Predict(*request, Deadline(*context), std::move(finish));
  } else {
    finish(admitted);
  }
  return reactor;
}

absl::Time PredictionRpc::Deadline(const grpc::CallbackServerContext& context) const {
  // gRPC says "far future" when the client set none; the default bounds both.
  const absl::Time latest = clock_.Now() + limits_.predict_deadline_default;
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return latest;
  const absl::Duration left = absl::FromChrono(deadline - std::chrono::system_clock::now());
  return std::min(clock_.Now() + left, latest);
}

grpc::ServerUnaryReactor* PredictionRpc::ListModels(grpc::CallbackServerContext* context,
                                                    const v1::ListModelsRequest* request,
                                                    v1::ListModelsResponse* response) {
  return door_.Serve(context, "PredictionService/ListModels", [this, request, response] {
    return Answer(predicts_.ListModels(*request), response);
  });
}

}  // namespace traind
