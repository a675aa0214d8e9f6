#ifndef TRAIND_CLIENT_RPC_STATUS_H_
#define TRAIND_CLIENT_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace traind {

// The only converter from gRPC's status to absl's: same code, same message.
// An UNAVAILABLE one also says which address was tried, how to start a server
// there and how to name another; a fault of the server itself (UNKNOWN, INTERNAL,
// DATA_LOSS) which request to look for in its log; UNIMPLEMENTED, for which gRPC
// has no words, that the server is too old.
absl::Status FromRpcStatus(const grpc::Status& status, const std::string& address,
                           const std::string& request_id);

}  // namespace traind

#endif  // TRAIND_CLIENT_RPC_STATUS_H_
