#ifndef TRAIND_SERVER_RPC_MODULE_PUSH_H_
#define TRAIND_SERVER_RPC_MODULE_PUSH_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/modules/module_store.h"
#include "server/rpc/call_door.h"
#include "server/rpc/handler_pool.h"
#include "traind/v1/module_service.pb.h"

namespace traind {

// One PushModule call: a piece is read, appended off gRPC's threads, then the next one is
// read; after the last one the module is tried. At most one of these is under way, and the
// next begins only when it is done, so that nothing needs a lock. Owned by itself: deletes
// itself in OnDone.
class ModulePush final : public grpc::ServerReadReactor<v1::PushModuleRequest> {
 public:
  struct Pools {
    HandlerPool& writes;
    // Its tasks take minutes.
    HandlerPool& inspections;
  };

  // Enters the door and begins to read, or refuses the call. All must outlive it.
  static ModulePush* Start(grpc::CallbackServerContext& context, ModuleStore& store, CallDoor& door,
                           Pools pools, v1::Module& response);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  ModulePush(ModuleStore& store, CallDoor& door, Pools pools, v1::Module& response)
      : store_(store), door_(door), pools_(pools), response_(response) {}
  // Private: only OnDone deletes it.
  ~ModulePush() override = default;

  // True when the answer is known already.
  absl::StatusOr<bool> TakePiece();
  // After the last piece.
  absl::Status MakeModule();
  void End(const absl::Status& status);

  // Constant after Start.
  ModuleStore& store_;
  CallDoor& door_;
  const Pools pools_;
  v1::Module& response_;
  CallDoor::Call call_;

  v1::PushModuleRequest piece_;
  std::unique_ptr<ModuleUpload> upload_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_MODULE_PUSH_H_
