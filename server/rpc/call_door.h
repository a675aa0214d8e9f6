#ifndef TRAIND_SERVER_RPC_CALL_DOOR_H_
#define TRAIND_SERVER_RPC_CALL_DOOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/rpc/call_outcome.h"
#include "server/rpc/handler_pool.h"

namespace traind {

// The one door of every call: checks its token, has its work done off gRPC's
// threads, times it and tells the observer how it went. Thread-safe.
class CallDoor {
 public:
  struct Options {
    // Empty: everybody may call.
    std::string token;
    // Called once per call from any thread; must be quick. May be null.
    std::function<void(const CallOutcome&)> on_call;
  };

  // `pool` and `clock` must outlive the door.
  CallDoor(Options options, HandlerPool& pool, const Clock& clock);
  CallDoor(const CallDoor&) = delete;

  // A call between its arrival and its end. Small and copyable.
  struct Call {
    absl::string_view method;  // such as `TrainingService/GetRun`, of static lifetime
    std::string peer;
    absl::Time arrival;
  };

  // Lets a call in. `method` must have static lifetime. UNAUTHENTICATED.
  absl::Status Enter(const grpc::CallbackServerContext& context, absl::string_view method,
                     Call& call) const;
  // Records the end of a call that Enter has seen, refused or not, exactly once.
  void Leave(const Call& call, const absl::Status& status) const;

  // A whole unary call: enters, does `work` on the pool, finishes and leaves.
  // The work is skipped when the client has gone by then.
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context, absl::string_view method,
                                  std::function<absl::Status()> work);

 private:
  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  HandlerPool& pool_;
  const Clock& clock_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_CALL_DOOR_H_
