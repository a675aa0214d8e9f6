#include "server/rpc/unsupported_inference_rpc.h"

#include "absl/status/status.h"

namespace traind {
namespace {

constexpr absl::string_view kNoSharedMemory =
    "shared memory: this server has none, since its clients may be on other machines; send "
    "tensors in raw_input_contents";
constexpr absl::string_view kNoTrace =
    "trace settings: this server has none; its metrics and ModelStatistics tell where time goes";
constexpr absl::string_view kNoLog =
    "log settings: this server has none in this protocol; set the level with "
    "traind.v1.ServerService/SetLogLevel";

}  // namespace

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::SystemSharedMemoryStatus(
    grpc::CallbackServerContext* context, const inference::SystemSharedMemoryStatusRequest*,
    inference::SystemSharedMemoryStatusResponse*) {
  return Refuse(context, "GRPCInferenceService/SystemSharedMemoryStatus", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::SystemSharedMemoryRegister(
    grpc::CallbackServerContext* context, const inference::SystemSharedMemoryRegisterRequest*,
    inference::SystemSharedMemoryRegisterResponse*) {
  return Refuse(context, "GRPCInferenceService/SystemSharedMemoryRegister", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::SystemSharedMemoryUnregister(
    grpc::CallbackServerContext* context, const inference::SystemSharedMemoryUnregisterRequest*,
    inference::SystemSharedMemoryUnregisterResponse*) {
  return Refuse(context, "GRPCInferenceService/SystemSharedMemoryUnregister", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::CudaSharedMemoryStatus(
    grpc::CallbackServerContext* context, const inference::CudaSharedMemoryStatusRequest*,
    inference::CudaSharedMemoryStatusResponse*) {
  return Refuse(context, "GRPCInferenceService/CudaSharedMemoryStatus", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::CudaSharedMemoryRegister(
    grpc::CallbackServerContext* context, const inference::CudaSharedMemoryRegisterRequest*,
    inference::CudaSharedMemoryRegisterResponse*) {
  return Refuse(context, "GRPCInferenceService/CudaSharedMemoryRegister", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::CudaSharedMemoryUnregister(
    grpc::CallbackServerContext* context, const inference::CudaSharedMemoryUnregisterRequest*,
    inference::CudaSharedMemoryUnregisterResponse*) {
  return Refuse(context, "GRPCInferenceService/CudaSharedMemoryUnregister", kNoSharedMemory);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::TraceSetting(
    grpc::CallbackServerContext* context, const inference::TraceSettingRequest*,
    inference::TraceSettingResponse*) {
  return Refuse(context, "GRPCInferenceService/TraceSetting", kNoTrace);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::LogSettings(grpc::CallbackServerContext* context,
                                                               const inference::LogSettingsRequest*,
                                                               inference::LogSettingsResponse*) {
  return Refuse(context, "GRPCInferenceService/LogSettings", kNoLog);
}

grpc::ServerUnaryReactor* UnsupportedInferenceRpc::Refuse(grpc::CallbackServerContext* context,
                                                          absl::string_view method,
                                                          absl::string_view reason) {
  return door_.ServeAtOnce(context, method, [reason] { return absl::UnimplementedError(reason); });
}

}  // namespace traind
