#include "server/rpc/rpc_methods.h"

#include <google/protobuf/descriptor.h>

#include "inference/grpc_service.grpc.pb.h"
#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/export_service.grpc.pb.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/module_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/sweep_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {
namespace {

const char* TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_stream" : "client_stream";
  }
  return method.server_streaming() ? "server_stream" : "unary";
}

}  // namespace

std::vector<RpcMethod> ListRpcMethods() {
  std::vector<RpcMethod> methods;
  // Each file's descriptor, so that the linker and the pool have it for sure.
  for (const google::protobuf::Descriptor* request :
       {v1::StartTrainingRequest::descriptor(), v1::PredictRequest::descriptor(),
        v1::ListRecipesRequest::descriptor(), v1::ReadDatasetRowsRequest::descriptor(),
        v1::GetServerInfoRequest::descriptor(), v1::GetModelRequest::descriptor(),
        v1::CreateSweepRequest::descriptor(), v1::ReadTraceRequest::descriptor(),
        v1::GetModuleRequest::descriptor(), inference::ServerLiveRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *request->file();
    for (int i = 0; i < file.service_count(); ++i) {
      const google::protobuf::ServiceDescriptor& service = *file.service(i);
      for (int j = 0; j < service.method_count(); ++j) {
        methods.push_back(
            {TypeOf(*service.method(j)), service.full_name(), service.method(j)->name()});
      }
    }
  }
  return methods;
}

}  // namespace traind
