#ifndef TRAIND_SERVER_RPC_SERVER_RPC_H_
#define TRAIND_SERVER_RPC_SERVER_RPC_H_

#include <utility>

#include "server/rpc/call_door.h"
#include "traind/v1/server_service.grpc.pb.h"

namespace traind {

// traind.v1.ServerService: tells what the server was started with. Stateless;
// thread-safe.
class ServerRpc final : public v1::ServerService::CallbackService {
 public:
  // The door must outlive the service and its calls.
  ServerRpc(v1::ServerInfo info, CallDoor& door) : info_(std::move(info)), door_(door) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* info) override;

 private:
  const v1::ServerInfo info_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_SERVER_RPC_H_
