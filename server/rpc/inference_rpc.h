#ifndef TRAIND_SERVER_RPC_INFERENCE_RPC_H_
#define TRAIND_SERVER_RPC_INFERENCE_RPC_H_

#include <atomic>
#include <stop_token>
#include <string>

#include "inference/grpc_service.grpc.pb.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/rpc/call_door.h"
#include "server/rpc/infer_stream.h"
#include "server/rpc/inference_models.h"
#include "server/rpc/unsupported_inference_rpc.h"

namespace traind {

// inference.GRPCInferenceService: the Open Inference Protocol, version 2, as Triton
// speaks it, over the predict core. ModelInfer and ModelStreamInfer go straight to it,
// without the detour through the handler pool, since it never blocks. Thread-safe.
class InferenceRpc final : public UnsupportedInferenceRpc {
 public:
  struct Options {
    Limits limits;
    std::string server_version;
    // How many predictions run side by side.
    int executor_count = 1;
  };

  // The backend's parts, door and clock must outlive the service and its calls. Once
  // `stop` is stopped, streams end.
  InferenceRpc(const Options& options, const InferenceModels::Backend& backend, CallDoor& door,
               std::stop_token stop, const Clock& clock);

  // ServerReady answers false from here on; calls still work.
  void StopBeingReady() { ready_ = false; }

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* context,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override;
  grpc::ServerUnaryReactor* ModelStatistics(grpc::CallbackServerContext* context,
                                            const inference::ModelStatisticsRequest* request,
                                            inference::ModelStatisticsResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryIndex(grpc::CallbackServerContext* context,
                                            const inference::RepositoryIndexRequest* request,
                                            inference::RepositoryIndexResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelLoad(
      grpc::CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
      inference::RepositoryModelLoadResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelUnload(
      grpc::CallbackServerContext* context, const inference::RepositoryModelUnloadRequest* request,
      inference::RepositoryModelUnloadResponse* response) override;
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override;
  grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
  ModelStreamInfer(grpc::CallbackServerContext* context) override;

 private:
  // Constant after construction.
  const std::string server_version_;
  // Each synchronises itself.
  const PredictService& predicts_;
  CallDoor& door_;
  InferenceModels models_;
  InferStream::Shared streams_;
  std::atomic<bool> ready_ = true;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_INFERENCE_RPC_H_
