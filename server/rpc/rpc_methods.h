#ifndef TRAIND_SERVER_RPC_RPC_METHODS_H_
#define TRAIND_SERVER_RPC_RPC_METHODS_H_

#include <vector>

#include "server/base/rpc_method.h"

namespace traind {

// Every method of every service that RpcServer serves behind its door, from the
// services' descriptors.
std::vector<RpcMethod> ListRpcMethods();

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_RPC_METHODS_H_
