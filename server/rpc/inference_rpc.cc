#include "server/rpc/inference_rpc.h"

#include <utility>

#include "server/oip/server_metadata.h"
#include "server/rpc/answer.h"
#include "server/rpc/unary_infer.h"

namespace traind {

InferenceRpc::InferenceRpc(const Options& options, const InferenceModels::Backend& backend,
                           CallDoor& door, std::stop_token stop, const Clock& clock)
    : UnsupportedInferenceRpc(door),
      server_version_(options.server_version),
      predicts_(backend.predicts),
      door_(door),
      models_(backend, options.limits, options.executor_count),
      streams_{{backend.predicts, options.limits, clock}, door, std::move(stop)} {}

grpc::ServerUnaryReactor* InferenceRpc::ServerLive(grpc::CallbackServerContext* context,
                                                   const inference::ServerLiveRequest* request,
                                                   inference::ServerLiveResponse* response) {
  return door_.ServeAtOnce(context, "GRPCInferenceService/ServerLive", [response] {
    response->set_live(true);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ServerReady(grpc::CallbackServerContext* context,
                                                    const inference::ServerReadyRequest* request,
                                                    inference::ServerReadyResponse* response) {
  return door_.ServeAtOnce(context, "GRPCInferenceService/ServerReady", [this, response] {
    response->set_ready(ready_ && predicts_.is_ready());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ServerMetadata(
    grpc::CallbackServerContext* context, const inference::ServerMetadataRequest* request,
    inference::ServerMetadataResponse* response) {
  return door_.ServeAtOnce(context, "GRPCInferenceService/ServerMetadata", [this, response] {
    *response = DescribeServer(server_version_);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ModelReady(grpc::CallbackServerContext* context,
                                                   const inference::ModelReadyRequest* request,
                                                   inference::ModelReadyResponse* response) {
  return door_.Serve(context, "GRPCInferenceService/ModelReady", [this, request, response] {
    return Answer(models_.Ready(*request), response);
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ModelMetadata(
    grpc::CallbackServerContext* context, const inference::ModelMetadataRequest* request,
    inference::ModelMetadataResponse* response) {
  return door_.Serve(context, "GRPCInferenceService/ModelMetadata", [this, request, response] {
    return Answer(models_.Describe(*request), response);
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ModelConfig(grpc::CallbackServerContext* context,
                                                    const inference::ModelConfigRequest* request,
                                                    inference::ModelConfigResponse* response) {
  return door_.Serve(context, "GRPCInferenceService/ModelConfig", [this, request, response] {
    return Answer(models_.Configure(*request), response);
  });
}

grpc::ServerUnaryReactor* InferenceRpc::ModelStatistics(
    grpc::CallbackServerContext* context, const inference::ModelStatisticsRequest* request,
    inference::ModelStatisticsResponse* response) {
  return door_.Serve(context, "GRPCInferenceService/ModelStatistics", [this, request, response] {
    return Answer(models_.Count(*request), response);
  });
}

grpc::ServerUnaryReactor* InferenceRpc::RepositoryIndex(
    grpc::CallbackServerContext* context, const inference::RepositoryIndexRequest* request,
    inference::RepositoryIndexResponse* response) {
  return door_.Serve(context, "GRPCInferenceService/RepositoryIndex", [this, request, response] {
    return Answer(models_.Index(*request), response);
  });
}

grpc::ServerUnaryReactor* InferenceRpc::RepositoryModelLoad(
    grpc::CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
    inference::RepositoryModelLoadResponse*) {
  return door_.ServeLater(
      context, "GRPCInferenceService/RepositoryModelLoad",
      [this, request](CallDoor::Finish finish) { models_.Load(*request, std::move(finish)); });
}

grpc::ServerUnaryReactor* InferenceRpc::RepositoryModelUnload(
    grpc::CallbackServerContext* context, const inference::RepositoryModelUnloadRequest* request,
    inference::RepositoryModelUnloadResponse*) {
  return door_.Serve(context, "GRPCInferenceService/RepositoryModelUnload",
                     [this, request] { return models_.Unload(*request); });
}

grpc::ServerUnaryReactor* InferenceRpc::ModelInfer(grpc::CallbackServerContext* context,
                                                   const inference::ModelInferRequest* request,
                                                   inference::ModelInferResponse* response) {
  CallDoor::Call call;
  const absl::Status admitted = door_.Enter(*context, "GRPCInferenceService/ModelInfer", call);
  auto* const infer = new UnaryInfer(door_, std::move(call), *context);
  grpc::ServerUnaryReactor* const reactor = infer->reactor();
  if (admitted.ok()) {
    infer->Start(streams_.exchanges, *context, *request, *response);
  } else {
    infer->End(admitted);
  }
  return reactor;
}

grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
InferenceRpc::ModelStreamInfer(grpc::CallbackServerContext* context) {
  CallDoor::Call call;
  const absl::Status admitted =
      door_.Enter(*context, "GRPCInferenceService/ModelStreamInfer", call);
  auto* const stream = new InferStream(streams_, *context, std::move(call));
  if (admitted.ok()) {
    stream->Start();
  } else {
    stream->Refuse(admitted);
  }
  return stream;
}

}  // namespace traind
