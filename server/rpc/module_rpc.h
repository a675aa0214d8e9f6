#ifndef TRAIND_SERVER_RPC_MODULE_RPC_H_
#define TRAIND_SERVER_RPC_MODULE_RPC_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/modules/module_directory.h"
#include "server/modules/module_publisher.h"
#include "server/modules/module_store.h"
#include "server/rpc/call_door.h"
#include "server/rpc/module_push.h"
#include "server/runs/run_service.h"
#include "traind/v1/module_service.grpc.pb.h"

namespace traind {

// traind.v1.ModuleService over a folder of modules. Stateless; thread-safe.
class ModuleRpc final : public v1::ModuleService::CallbackService {
 public:
  struct Backend {
    const ModuleDirectory& modules;
    ModuleStore& store;
    ModulePublisher& publisher;
    // Who needs them.
    const RunService& runs;
  };

  // All must outlive the service and its calls.
  ModuleRpc(const Backend& backend, CallDoor& door, ModulePush::Pools pools, const Limits& limits)
      : backend_(backend), door_(door), pools_(pools), limits_(limits) {}

  grpc::ServerReadReactor<v1::PushModuleRequest>* PushModule(grpc::CallbackServerContext* context,
                                                             v1::Module* response) override;
  grpc::ServerUnaryReactor* ListModules(grpc::CallbackServerContext* context,
                                        const v1::ListModulesRequest* request,
                                        v1::ListModulesResponse* response) override;
  grpc::ServerUnaryReactor* GetModule(grpc::CallbackServerContext* context,
                                      const v1::GetModuleRequest* request,
                                      v1::Module* response) override;
  grpc::ServerUnaryReactor* DeleteModule(grpc::CallbackServerContext* context,
                                         const v1::DeleteModuleRequest* request,
                                         v1::DeleteModuleResponse* response) override;
  grpc::ServerUnaryReactor* PublishModule(grpc::CallbackServerContext* context,
                                          const v1::PublishModuleRequest* request,
                                          v1::ModelVersion* response) override;

 private:
  absl::StatusOr<v1::ListModulesResponse> List(const v1::ListModulesRequest& request) const;
  absl::StatusOr<v1::DeleteModuleResponse> Delete(const std::string& name) const;

  const Backend backend_;
  CallDoor& door_;
  const ModulePush::Pools pools_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_MODULE_RPC_H_
