#ifndef TRAIND_BENCH_PREDICT_ECHO_CONTROL_H_
#define TRAIND_BENCH_PREDICT_ECHO_CONTROL_H_

#include <atomic>
#include <cstdint>

#include "inference/grpc_service.grpc.pb.h"

namespace traind {

// All methods but ModelInfer by the callback API. Its form is for a derived class to
// choose: gRPC 1.51 has no way back from the callback API to queues.
template <typename Service = inference::GRPCInferenceService>
using AllButModelInfer = typename Service::template WithCallbackMethod_ServerLive<
    typename Service::template WithCallbackMethod_ServerReady<typename Service::template WithCallbackMethod_ModelReady<
        typename Service::template WithCallbackMethod_ServerMetadata<typename Service::template WithCallbackMethod_ModelMetadata<
            typename Service::template WithCallbackMethod_ModelStreamInfer<typename Service::template WithCallbackMethod_ModelConfig<
                typename Service::template WithCallbackMethod_ModelStatistics<
                    typename Service::template WithCallbackMethod_RepositoryIndex<
                        typename Service::template WithCallbackMethod_RepositoryModelLoad<
                            typename Service::template WithCallbackMethod_RepositoryModelUnload<
                                typename Service::template WithCallbackMethod_SystemSharedMemoryStatus<
                                    typename Service::template WithCallbackMethod_SystemSharedMemoryRegister<
                                        typename Service::template WithCallbackMethod_SystemSharedMemoryUnregister<
                                            typename Service::template WithCallbackMethod_CudaSharedMemoryStatus<
                                                typename Service::template WithCallbackMethod_CudaSharedMemoryRegister<
                                                    typename Service::template WithCallbackMethod_CudaSharedMemoryUnregister<
                                                        typename Service::
                                                            template WithCallbackMethod_TraceSetting<
                                                                typename Service::
                                                                    template WithCallbackMethod_LogSettings<
                                                                        typename Service::
                                                                            Service>>>>>>>>>>>>>>>>>>>;

// What clients of the Open Inference Protocol ask before they ask for predictions, of a
// model `s4`. Thread-safe.
class EchoControl : public AllButModelInfer<> {
 public:
  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* context,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override;
  grpc::ServerUnaryReactor* ModelStatistics(grpc::CallbackServerContext* context,
                                            const inference::ModelStatisticsRequest* request,
                                            inference::ModelStatisticsResponse* response) override;

 protected:
  // For a derived class that wants its answers in the statistics.
  void CountAnswer() { ++infer_count_; }

 private:
  std::atomic<uint64_t> infer_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_ECHO_CONTROL_H_
