#include "server/rpc/call_door.h"

#include <utility>

#include "server/rpc/bearer_token.h"
#include "server/rpc/grpc_status.h"

namespace traind {

CallDoor::CallDoor(Options options, HandlerPool& pool, const Clock& clock)
    : options_(std::move(options)), pool_(pool), clock_(clock) {}

absl::Status CallDoor::Enter(const grpc::CallbackServerContext& context, absl::string_view method,
                             Call& call) const {
  call = {method, context.peer(), clock_.Now()};
  if (options_.token.empty()) return absl::OkStatus();
  const auto& metadata = context.client_metadata();
  const auto authorization = metadata.find("authorization");
  if (authorization == metadata.end()) return CheckBearerToken("", options_.token);
  return CheckBearerToken({authorization->second.data(), authorization->second.size()},
                          options_.token);
}

void CallDoor::Leave(const Call& call, const absl::Status& status) const {
  if (options_.on_call == nullptr) return;
  options_.on_call({call.method, call.peer, status, clock_.Now() - call.arrival});
}

grpc::ServerUnaryReactor* CallDoor::Serve(grpc::CallbackServerContext* context,
                                          absl::string_view method,
                                          std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  Call call;
  absl::Status admitted = Enter(*context, method, call);
  const auto finish = [this, reactor](const Call& call, const absl::Status& status) {
    // Leaving comes first: once finished, the server may be torn down.
    Leave(call, status);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (admitted.ok()) {
    admitted = pool_.Submit([context, call, finish, work = std::move(work)] {
      finish(call, context->IsCancelled()
                       ? absl::CancelledError("the client went away before its call was served")
                       : work());
    });
  }
  if (!admitted.ok()) finish(call, admitted);
  return reactor;
}

}  // namespace traind
