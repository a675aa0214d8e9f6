#ifndef TRAIND_CLIENT_MODULE_SENDER_H_
#define TRAIND_CLIENT_MODULE_SENDER_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "client/push_source.h"
#include "traind/v1/module_service.grpc.pb.h"

namespace traind {

// What sending a module needs of its client.
struct ModuleServer {
  v1::ModuleService::StubInterface* modules;
  // Sets deadline and credentials of the stream; returns its request id.
  std::function<std::string(grpc::ClientContext&)> prepare;
  std::string address;
};

// Sends a module in one stream and waits until the server has tried it. The server's codes,
// or the source's errors; CANCELLED when `stop` is triggered.
absl::StatusOr<v1::Module> SendModule(const ModuleServer& server, const v1::ModuleHeader& header,
                                      PushSource& source, const std::stop_token& stop);

}  // namespace traind

#endif  // TRAIND_CLIENT_MODULE_SENDER_H_
