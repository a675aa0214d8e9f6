#ifndef TRAIND_SERVER_RPC_CALL_DOOR_H_
#define TRAIND_SERVER_RPC_CALL_DOOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/rpc/handler_pool.h"
#include "server/rpc/rpc_observer.h"

namespace traind {

// The one door of every call: names its request, checks its token, has its work
// done off gRPC's threads, times it and tells the observer how it went.
// Thread-safe.
class CallDoor {
 public:
  // With an empty token everybody may call. The others must outlive the door.
  CallDoor(std::string token, RpcObserver& observer, HandlerPool& pool, const Clock& clock);
  CallDoor(const CallDoor&) = delete;

  // A call between its arrival and its end. Small and copyable.
  struct Call {
    absl::string_view method;  // such as `TrainingService/GetRun`, of static lifetime
    std::string peer;
    std::string request_id;
    absl::Time arrival;
    absl::Duration begin;  // the same on the monotonic clock
  };

  // Lets a call in and tells the client its request id. `method` must have static
  // lifetime. UNAUTHENTICATED, UNAVAILABLE once closed; the call must Leave then too.
  absl::Status Enter(grpc::CallbackServerContext& context, absl::string_view method, Call& call);
  // Records the end of a call that Enter has seen, refused or not, exactly once,
  // and before the call is finished: a client that has its answer sees it counted.
  void Leave(const Call& call, const absl::Status& status);

  // Lets nobody in any more, so that clients know that they may try again, and waits
  // until those inside have left or the deadline passes. gRPC's own shutdown would
  // cancel calls that arrive too late, which looks as if they had been begun.
  void Close(absl::Time deadline);

  // A whole unary call: enters, does `work` on the pool, finishes and leaves.
  // The work is skipped when the client has gone by then; while it is done, the
  // thread is in the call's RequestScope.
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context, absl::string_view method,
                                  std::function<absl::Status()> work);
  // The same for work that never blocks: it is done on the calling thread, so that it
  // waits for nobody.
  grpc::ServerUnaryReactor* ServeAtOnce(grpc::CallbackServerContext* context,
                                        absl::string_view method,
                                        absl::FunctionRef<absl::Status()> work);
  // The same for work that tells its end later: `work` is done on the calling thread and
  // calls what it is given exactly once, from any thread.
  using Finish = std::function<void(const absl::Status&)>;
  grpc::ServerUnaryReactor* ServeLater(grpc::CallbackServerContext* context,
                                       absl::string_view method,
                                       absl::FunctionRef<void(Finish)> work);

 private:
  // Constant after construction.
  const std::string token_;
  // Each synchronises itself.
  RpcObserver& observer_;
  HandlerPool& pool_;
  const Clock& clock_;

  std::atomic<bool> closed_ = false;
  std::atomic<int64_t> inside_ = 0;
  // Held for nothing but to wait for the last one to leave.
  absl::Mutex empty_mutex_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_CALL_DOOR_H_
