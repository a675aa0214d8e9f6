#ifndef TRAIND_SERVER_RPC_GRPC_LOG_H_
#define TRAIND_SERVER_RPC_GRPC_LOG_H_

#include "absl/strings/string_view.h"

namespace traind {

// Sends what gRPC itself has to say (errors only, one line each, without its own
// time stamp) to `sink` instead of stderr, for the whole process. The sink is
// called from any thread. Call before gRPC is used.
void RedirectGrpcLog(void (*sink)(absl::string_view line));

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_GRPC_LOG_H_
