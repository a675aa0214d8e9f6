#ifndef TRAIND_SERVER_RPC_WAKEFULNESS_H_
#define TRAIND_SERVER_RPC_WAKEFULNESS_H_

#include <grpcpp/server.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace traind {

// Keeps a server of gRPC's callback API awake. Its threads take naps of 100 ms once
// nothing has come for a second, and the first request after a silence waits for them;
// an empty call from within, a few times a second, is all that is needed. It reaches no
// service and is not counted.
class Wakefulness {
 public:
  // The server must outlive it.
  Wakefulness(grpc::Server& server, absl::Duration interval);
  Wakefulness(const Wakefulness&) = delete;
  ~Wakefulness();

 private:
  absl::Notification done_;
  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_WAKEFULNESS_H_
