#ifndef TRAIND_SERVER_RPC_SERVER_RPC_H_
#define TRAIND_SERVER_RPC_SERVER_RPC_H_

#include <utility>

#include "server/rpc/call_door.h"
#include "server/rpc/log_control.h"
#include "traind/v1/server_service.grpc.pb.h"

namespace traind {

// traind.v1.ServerService: tells what the server was started with, and sets its
// log level. Stateless; thread-safe.
class ServerRpc final : public v1::ServerService::CallbackService {
 public:
  // Door and log must outlive the service and its calls.
  ServerRpc(v1::ServerInfo info, LogControl& log, CallDoor& door)
      : info_(std::move(info)), log_(log), door_(door) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* info) override;
  grpc::ServerUnaryReactor* SetLogLevel(grpc::CallbackServerContext* context,
                                        const v1::SetLogLevelRequest* request,
                                        v1::ServerInfo* info) override;

 private:
  v1::ServerInfo Info() const;

  const v1::ServerInfo info_;
  LogControl& log_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_SERVER_RPC_H_
