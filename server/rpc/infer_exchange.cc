#include "server/rpc/infer_exchange.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/oip/infer_decoder.h"
#include "server/oip/infer_encoder.h"
#include "server/oip/model_selector.h"
#include "server/rpc/call_deadline.h"

namespace traind {

void InferExchange::Begin(const Shared& shared, const inference::ModelInferRequest& request,
                          const grpc::CallbackServerContext& context,
                          inference::ModelInferResponse& response, Done done) {
  request_ = &request;
  response_ = &response;
  done_ = std::move(done);
  const absl::Duration arrival = shared.clock.Monotonic();
  std::shared_ptr<const v1::ModelVersion> version;
  absl::StatusOr<PredictCall> call = ToCall(shared, request, context, version);
  if (!call.ok()) {
    shared.predicts.CountRefusal(version.get(), call.status(), arrival);
    return Answer(call.status());
  }
  shared.predicts.Predict(
      *std::move(call), [this](const absl::StatusOr<Predicted>& answer) { Answer(Fill(answer)); });
}

absl::StatusOr<PredictCall> InferExchange::ToCall(
    const Shared& shared, const inference::ModelInferRequest& request,
    const grpc::CallbackServerContext& context, std::shared_ptr<const v1::ModelVersion>& version) {
  // The version first: without one nothing else is worth a look.
  ASSIGN_OR_RETURN(const ModelSelector selector,
                   ParseModelSelector(request.model_name(), request.model_version()));
  ASSIGN_OR_RETURN(version,
                   shared.predicts.FindVersion(selector.model, selector.version, selector.alias));
  ASSIGN_OR_RETURN(outputs_, ChooseOutputs(*version, request));
  ASSIGN_OR_RETURN(InferCall decoded, DecodeInferRequest(request));
  storage_ = std::move(decoded.storage);
  PredictCall call;
  // By its number, so that what was checked is what runs, wherever an alias moves.
  call.model = version->model();
  call.version = version->version();
  call.inputs = std::move(decoded.inputs);
  call.deadline = std::min(CallDeadline(context, shared.limits, shared.clock),
                           shared.clock.Monotonic() + decoded.parameters.timeout);
  call.priority = decoded.parameters.priority;
  call.is_cancelled = [&context] { return context.IsCancelled(); };
  return call;
}

void InferExchange::Answer(const absl::Status& status) {
  // Whoever is told may delete this.
  const Done done = std::move(done_);
  done(status);
}

absl::Status InferExchange::Fill(const absl::StatusOr<Predicted>& answer) const {
  RETURN_IF_ERROR(answer.status());
  ASSIGN_OR_RETURN(
      *response_, EncodePrediction(*answer->version, answer->prediction, outputs_, request_->id()));
  return absl::OkStatus();
}

}  // namespace traind
