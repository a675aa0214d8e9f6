#ifndef TRAIND_SERVER_BASE_RPC_METHOD_H_
#define TRAIND_SERVER_BASE_RPC_METHOD_H_

#include <string>

namespace traind {

// One method of a gRPC service, in the words of the metrics that dashboards know.
struct RpcMethod {
  std::string type;     // `unary`, `server_stream`, `client_stream` or `bidi_stream`
  std::string service;  // full name, such as `traind.v1.TrainingService`
  std::string method;   // such as `GetRun`
};

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_RPC_METHOD_H_
