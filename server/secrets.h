#ifndef TRAIND_SERVER_SECRETS_H_
#define TRAIND_SERVER_SECRETS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/options.h"
#include "server/rpc/rpc_server.h"

namespace traind {

// What guards the server's door.
struct Secrets {
  std::optional<RpcServer::Tls> tls;
  std::string token;  // empty: none
};

// Reads the files that the options name. An error names the option, the file and
// what is wrong with it, never its content.
absl::StatusOr<Secrets> LoadSecrets(const ServerOptions& options);

}  // namespace traind

#endif  // TRAIND_SERVER_SECRETS_H_
