#include "server/rpc/model_rpc.h"

#include "server/rpc/answer.h"

namespace traind {

grpc::ServerUnaryReactor* ModelRpc::GetModel(grpc::CallbackServerContext* context,
                                             const v1::GetModelRequest* request, v1::Model* model) {
  return door_.Serve(context, "ModelService/GetModel",
                     [this, request, model] { return Answer(models_.Get(*request), model); });
}

grpc::ServerUnaryReactor* ModelRpc::SetModelAlias(grpc::CallbackServerContext* context,
                                                  const v1::SetModelAliasRequest* request,
                                                  v1::Model* model) {
  return door_.Serve(context, "ModelService/SetModelAlias",
                     [this, request, model] { return Answer(models_.SetAlias(*request), model); });
}

grpc::ServerUnaryReactor* ModelRpc::DeleteModelAlias(grpc::CallbackServerContext* context,
                                                     const v1::DeleteModelAliasRequest* request,
                                                     v1::Model* model) {
  return door_.Serve(context, "ModelService/DeleteModelAlias", [this, request, model] {
    return Answer(models_.DeleteAlias(*request), model);
  });
}

grpc::ServerUnaryReactor* ModelRpc::RollbackModelAlias(grpc::CallbackServerContext* context,
                                                       const v1::RollbackModelAliasRequest* request,
                                                       v1::Model* model) {
  return door_.Serve(context, "ModelService/RollbackModelAlias", [this, request, model] {
    return Answer(models_.RollbackAlias(*request), model);
  });
}

grpc::ServerUnaryReactor* ModelRpc::SetCanaryShare(grpc::CallbackServerContext* context,
                                                   const v1::SetCanaryShareRequest* request,
                                                   v1::Model* model) {
  return door_.Serve(context, "ModelService/SetCanaryShare", [this, request, model] {
    return Answer(models_.SetCanaryShare(*request), model);
  });
}

grpc::ServerUnaryReactor* ModelRpc::UnloadModel(grpc::CallbackServerContext* context,
                                                const v1::UnloadModelRequest* request,
                                                v1::UnloadModelResponse* response) {
  return door_.Serve(context, "ModelService/UnloadModel", [this, request, response] {
    return Answer(models_.Unload(*request), response);
  });
}

grpc::ServerUnaryReactor* ModelRpc::DeleteModelVersion(grpc::CallbackServerContext* context,
                                                       const v1::DeleteModelVersionRequest* request,
                                                       v1::Model* model) {
  return door_.Serve(context, "ModelService/DeleteModelVersion", [this, request, model] {
    return Answer(models_.DeleteVersion(*request), model);
  });
}

}  // namespace traind
