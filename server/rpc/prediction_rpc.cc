#include "server/rpc/prediction_rpc.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "server/rpc/answer.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/predict_request.h"
#include "server/serving/output_scores.h"

namespace traind {
namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration result;
  result.set_seconds(absl::ToInt64Seconds(duration));
  result.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(duration - absl::Seconds(result.seconds()))));
  return result;
}

template <typename T>
void AddOutput(const char* name, v1::DataType type, std::initializer_list<int64_t> shape,
               const std::vector<T>& values, v1::PredictResponse& response) {
  v1::Tensor& tensor = *response.add_outputs();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (int64_t size : shape) tensor.add_shape(size);
  tensor.set_data(values.data(), values.size() * sizeof(T));
}

void Describe(const Predicted& predicted, v1::PredictResponse& response) {
  response.set_model(predicted.version->model());
  response.set_version(predicted.version->version());
  const Prediction& prediction = predicted.prediction;
  const int64_t rows = prediction.row_count;
  const int64_t classes = prediction.class_count;
  const v1::ModelVersion& version = *predicted.version;
  if (HasOutput(version, "classes")) {
    AddOutput("classes", v1::DATA_TYPE_INT64, {rows}, prediction.classes, response);
  }
  if (HasOutput(version, "logits")) {
    AddOutput("logits", v1::DATA_TYPE_FP32, {rows, classes}, prediction.logits, response);
  }
  if (HasOutput(version, "probabilities")) {
    AddOutput("probabilities", v1::DATA_TYPE_FP32, {rows, classes}, prediction.probabilities,
              response);
  }
  if (HasOutput(version, "values")) {
    AddOutput("values", v1::DATA_TYPE_FP32, {rows, classes}, prediction.logits, response);
  }
  *response.mutable_queue_time() = ToProto(predicted.queue_time);
  *response.mutable_compute_time() = ToProto(predicted.compute_time);
}

}  // namespace

grpc::ServerUnaryReactor* PredictionRpc::Predict(grpc::CallbackServerContext* context,
                                                 const v1::PredictRequest* request,
                                                 v1::PredictResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  CallDoor::Call call;
  const absl::Status admitted = door_.Enter(*context, "PredictionService/Predict", call);
  auto finish = [this, reactor, response,
                 call = std::move(call)](const absl::StatusOr<Predicted>& answer) {
    if (answer.ok()) Describe(*answer, *response);
    door_.Leave(call, answer.status());
    reactor->Finish(ToGrpcStatus(answer.status()));
  };
  if (!admitted.ok()) {
    finish(admitted);
    return reactor;
  }
  const absl::Duration arrival = clock_.Monotonic();
  absl::StatusOr<PredictCall> predict = DecodePredictRequest(*request);
  if (predict.ok()) {
    predict->deadline = CallDeadline(*context, limits_, clock_);
    predict->is_cancelled = [context] { return context->IsCancelled(); };
    predicts_.Predict(*std::move(predict), std::move(finish));
  } else {
    // It has named no version that there could be.
    predicts_.CountRefusal(nullptr, predict.status(), arrival);
    finish(predict.status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* PredictionRpc::ListModels(grpc::CallbackServerContext* context,
                                                    const v1::ListModelsRequest* request,
                                                    v1::ListModelsResponse* response) {
  return door_.Serve(context, "PredictionService/ListModels", [this, request, response] {
    return Answer(predicts_.ListModels(*request), response);
  });
}

}  // namespace traind
