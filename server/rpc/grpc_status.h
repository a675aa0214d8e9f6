#ifndef TRAIND_SERVER_RPC_GRPC_STATUS_H_
#define TRAIND_SERVER_RPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace traind {

// The one place where a status crosses the RPC border: same code, same message.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_GRPC_STATUS_H_
