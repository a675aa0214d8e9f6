#ifndef TRAIND_SERVER_RPC_UNARY_INFER_H_
#define TRAIND_SERVER_RPC_UNARY_INFER_H_

#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/status.h"
#include "inference/grpc_service.pb.h"
#include "server/rpc/call_door.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/infer_exchange.h"

namespace traind {

// One ModelInfer call, with all that lives until its answer in one piece. Owned by
// itself: deletes itself once the call is finished. The reactor is gRPC's own, since one
// that has an OnDone to run costs each call a turn on another thread.
class UnaryInfer final {
 public:
  // The call has entered the door. `context` must live until the call is finished.
  UnaryInfer(CallDoor& door, CallDoor::Call call, grpc::CallbackServerContext& context)
      : door_(door), call_(std::move(call)), reactor_(*context.DefaultReactor()) {}

  grpc::ServerUnaryReactor* reactor() const { return &reactor_; }

  // One of them must be called, once, right after construction; this may be gone when it
  // returns.
  void Start(const InferExchange::Shared& shared, const grpc::CallbackServerContext& context,
             const inference::ModelInferRequest& request, inference::ModelInferResponse& response) {
    exchange_.Begin(shared, request, context, response,
                    [this](const absl::Status& status) { End(status); });
  }
  void End(const absl::Status& status) {
    // Leaving comes first: once finished, the server may be torn down.
    door_.Leave(call_, status);
    reactor_.Finish(ToGrpcStatus(status));
    delete this;
  }

 private:
  // Private: only End deletes a call.
  ~UnaryInfer() = default;

  CallDoor& door_;
  const CallDoor::Call call_;
  grpc::ServerUnaryReactor& reactor_;
  InferExchange exchange_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_UNARY_INFER_H_
