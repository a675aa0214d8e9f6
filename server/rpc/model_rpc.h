#ifndef TRAIND_SERVER_RPC_MODEL_RPC_H_
#define TRAIND_SERVER_RPC_MODEL_RPC_H_

#include "server/rpc/call_door.h"
#include "server/serving/model_catalog.h"
#include "traind/v1/model_service.grpc.pb.h"

namespace traind {

// traind.v1.ModelService over the catalog of models. Stateless; thread-safe.
class ModelRpc final : public v1::ModelService::CallbackService {
 public:
  // Both must outlive the service and its calls.
  ModelRpc(ModelCatalog& models, CallDoor& door) : models_(models), door_(door) {}

  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const v1::GetModelRequest* request, v1::Model* model) override;
  grpc::ServerUnaryReactor* SetModelAlias(grpc::CallbackServerContext* context,
                                          const v1::SetModelAliasRequest* request,
                                          v1::Model* model) override;
  grpc::ServerUnaryReactor* DeleteModelAlias(grpc::CallbackServerContext* context,
                                             const v1::DeleteModelAliasRequest* request,
                                             v1::Model* model) override;
  grpc::ServerUnaryReactor* RollbackModelAlias(grpc::CallbackServerContext* context,
                                               const v1::RollbackModelAliasRequest* request,
                                               v1::Model* model) override;
  grpc::ServerUnaryReactor* SetCanaryShare(grpc::CallbackServerContext* context,
                                           const v1::SetCanaryShareRequest* request,
                                           v1::Model* model) override;
  grpc::ServerUnaryReactor* UnloadModel(grpc::CallbackServerContext* context,
                                        const v1::UnloadModelRequest* request,
                                        v1::UnloadModelResponse* response) override;
  grpc::ServerUnaryReactor* DeleteModelVersion(grpc::CallbackServerContext* context,
                                               const v1::DeleteModelVersionRequest* request,
                                               v1::Model* model) override;

 private:
  ModelCatalog& models_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_MODEL_RPC_H_
