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
// itself: deletes itself in OnDone.
class UnaryInfer final : public grpc::ServerUnaryReactor {
 public:
  // The call has entered the door.
  UnaryInfer(CallDoor& door, CallDoor::Call call) : door_(door), call_(std::move(call)) {}

  // One of them must be called, once, right after construction.
  void Start(const InferExchange::Shared& shared, const grpc::CallbackServerContext& context,
             const inference::ModelInferRequest& request, inference::ModelInferResponse& response) {
    exchange_.Begin(shared, request, context, response,
                    [this](const absl::Status& status) { End(status); });
  }
  void End(const absl::Status& status) {
    // Leaving comes first: once finished, this may be gone.
    door_.Leave(call_, status);
    Finish(ToGrpcStatus(status));
  }

  void OnDone() override { delete this; }

 private:
  // Private: only OnDone deletes a call.
  ~UnaryInfer() override = default;

  CallDoor& door_;
  const CallDoor::Call call_;
  InferExchange exchange_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_UNARY_INFER_H_
