#ifndef TRAIND_SERVER_RPC_TLS_CREDENTIALS_H_
#define TRAIND_SERVER_RPC_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "server/rpc/rpc_server.h"

namespace traind {

// Credentials for a listening port; plaintext when there is no TLS. gRPC itself
// reports bad TLS material only in its log, so it is checked here.
// INVALID_ARGUMENT says which part is no PEM.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::optional<RpcServer::Tls>& tls);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_TLS_CREDENTIALS_H_
