#include "server/rpc/server_rpc.h"

#include "absl/strings/str_cat.h"

namespace traind {

grpc::ServerUnaryReactor* ServerRpc::GetServerInfo(grpc::CallbackServerContext* context,
                                                   const v1::GetServerInfoRequest* /*request*/,
                                                   v1::ServerInfo* info) {
  return door_.Serve(context, "ServerService/GetServerInfo", [this, info] {
    *info = Info();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ServerRpc::SetLogLevel(grpc::CallbackServerContext* context,
                                                 const v1::SetLogLevelRequest* request,
                                                 v1::ServerInfo* info) {
  return door_.Serve(context, "ServerService/SetLogLevel", [this, request, info] {
    const v1::LogLevel level = request->level();
    // An enum of proto3 may also have a number that nobody has given a name.
    if (level == v1::LOG_LEVEL_UNSPECIFIED || !v1::LogLevel_IsValid(level)) {
      return absl::InvalidArgumentError(
          absl::StrCat("level: expected LOG_LEVEL_DEBUG, INFO, WARNING or ERROR, got ",
                       static_cast<int>(level)));
    }
    log_.SetLevel(level);
    *info = Info();
    return absl::OkStatus();
  });
}

v1::ServerInfo ServerRpc::Info() const {
  v1::ServerInfo info = info_;
  info.set_log_level(log_.level());
  return info;
}

}  // namespace traind
