#ifndef TRAIND_SERVER_RPC_SWEEP_RPC_H_
#define TRAIND_SERVER_RPC_SWEEP_RPC_H_

#include "server/rpc/call_door.h"
#include "server/sweeps/sweep_service.h"
#include "traind/v1/sweep_service.grpc.pb.h"

namespace traind {

// traind.v1.SweepService over the sweep service of the core. Stateless; thread-safe.
class SweepRpc final : public v1::SweepService::CallbackService {
 public:
  // Both must outlive the service and its calls.
  SweepRpc(SweepService& sweeps, CallDoor& door) : sweeps_(sweeps), door_(door) {}

  grpc::ServerUnaryReactor* CreateSweep(grpc::CallbackServerContext* context,
                                        const v1::CreateSweepRequest* request,
                                        v1::Sweep* sweep) override;
  grpc::ServerUnaryReactor* GetSweep(grpc::CallbackServerContext* context,
                                     const v1::GetSweepRequest* request, v1::Sweep* sweep) override;
  grpc::ServerUnaryReactor* ListSweeps(grpc::CallbackServerContext* context,
                                       const v1::ListSweepsRequest* request,
                                       v1::ListSweepsResponse* response) override;
  grpc::ServerUnaryReactor* CancelSweep(grpc::CallbackServerContext* context,
                                        const v1::CancelSweepRequest* request,
                                        v1::Sweep* sweep) override;
  grpc::ServerUnaryReactor* ResumeSweep(grpc::CallbackServerContext* context,
                                        const v1::ResumeSweepRequest* request,
                                        v1::Sweep* sweep) override;
  grpc::ServerUnaryReactor* DeleteSweep(grpc::CallbackServerContext* context,
                                        const v1::DeleteSweepRequest* request,
                                        v1::DeleteSweepResponse* response) override;

 private:
  SweepService& sweeps_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_SWEEP_RPC_H_
