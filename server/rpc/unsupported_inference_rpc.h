#ifndef TRAIND_SERVER_RPC_UNSUPPORTED_INFERENCE_RPC_H_
#define TRAIND_SERVER_RPC_UNSUPPORTED_INFERENCE_RPC_H_

#include "absl/strings/string_view.h"
#include "inference/grpc_service.grpc.pb.h"
#include "server/rpc/call_door.h"

namespace traind {

// The calls of the Open Inference Protocol that this server does not have: each is
// UNIMPLEMENTED with the reason. Thread-safe.
class UnsupportedInferenceRpc : public inference::GRPCInferenceService::CallbackService {
 public:
  // The door must outlive the service and its calls.
  explicit UnsupportedInferenceRpc(CallDoor& door) : door_(door) {}

  grpc::ServerUnaryReactor* SystemSharedMemoryStatus(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryStatusRequest* request,
      inference::SystemSharedMemoryStatusResponse* response) final;
  grpc::ServerUnaryReactor* SystemSharedMemoryRegister(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryRegisterRequest* request,
      inference::SystemSharedMemoryRegisterResponse* response) final;
  grpc::ServerUnaryReactor* SystemSharedMemoryUnregister(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryUnregisterRequest* request,
      inference::SystemSharedMemoryUnregisterResponse* response) final;
  grpc::ServerUnaryReactor* CudaSharedMemoryStatus(
      grpc::CallbackServerContext* context, const inference::CudaSharedMemoryStatusRequest* request,
      inference::CudaSharedMemoryStatusResponse* response) final;
  grpc::ServerUnaryReactor* CudaSharedMemoryRegister(
      grpc::CallbackServerContext* context,
      const inference::CudaSharedMemoryRegisterRequest* request,
      inference::CudaSharedMemoryRegisterResponse* response) final;
  grpc::ServerUnaryReactor* CudaSharedMemoryUnregister(
      grpc::CallbackServerContext* context,
      const inference::CudaSharedMemoryUnregisterRequest* request,
      inference::CudaSharedMemoryUnregisterResponse* response) final;
  grpc::ServerUnaryReactor* TraceSetting(grpc::CallbackServerContext* context,
                                         const inference::TraceSettingRequest* request,
                                         inference::TraceSettingResponse* response) final;
  grpc::ServerUnaryReactor* LogSettings(grpc::CallbackServerContext* context,
                                        const inference::LogSettingsRequest* request,
                                        inference::LogSettingsResponse* response) final;

 private:
  grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, absl::string_view method,
                                   absl::string_view reason);

  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_UNSUPPORTED_INFERENCE_RPC_H_
