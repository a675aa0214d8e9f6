#include "server/rpc/server_rpc.h"

namespace traind {

grpc::ServerUnaryReactor* ServerRpc::GetServerInfo(grpc::CallbackServerContext* context,
                                                   const v1::GetServerInfoRequest* /*request*/,
                                                   v1::ServerInfo* info) {
  return door_.Serve(context, "ServerService/GetServerInfo", [this, info] {
    *info = info_;
    return absl::OkStatus();
  });
}

}  // namespace traind
