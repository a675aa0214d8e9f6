#include "server/rpc/call_door.h"

#include <utility>

#include "server/base/request_scope.h"
#include "server/rpc/bearer_token.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/request_id.h"

namespace traind {
namespace {

// A call's metadata of that name; empty when there is none.
absl::string_view MetadataOf(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

}  // namespace

CallDoor::CallDoor(std::string token, RpcObserver& observer, HandlerPool& pool, const Clock& clock)
    : token_(std::move(token)), observer_(observer), pool_(pool), clock_(clock) {}

absl::Status CallDoor::Enter(grpc::CallbackServerContext& context, absl::string_view method,
                             Call& call) {
  // Before the look at closed_: whoever is not refused is waited for.
  ++inside_;
  call = {method, context.peer(), ChooseRequestId(MetadataOf(context, kRequestIdMetadata)),
          clock_.Now(), clock_.Monotonic()};
  observer_.OnCallStarted(method);
  context.AddInitialMetadata(kRequestIdMetadata, call.request_id);
  if (closed_) {
    return absl::UnavailableError("the server is shutting down; try again when it is back");
  }
  if (token_.empty()) return absl::OkStatus();
  return CheckBearerToken(MetadataOf(context, "authorization"), token_);
}

void CallDoor::Leave(const Call& call, const absl::Status& status) {
  const RequestScope scope(call.request_id);
  observer_.OnCallEnded(
      {call.method, call.peer, call.request_id, status, clock_.Monotonic() - call.begin});
  // A mutex that is let go has its waiters look again.
  if (--inside_ == 0 && closed_) {
    absl::MutexLock lock(&empty_mutex_);
  }
}

void CallDoor::Close(absl::Time deadline) {
  closed_ = true;
  const auto is_empty = [this] { return inside_ == 0; };
  absl::MutexLock lock(&empty_mutex_);
  empty_mutex_.AwaitWithDeadline(absl::Condition(&is_empty), deadline);
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
      const RequestScope scope(call.request_id);
      finish(call, context->IsCancelled()
                       ? absl::CancelledError("the client went away before its call was served")
                       : work());
    });
  }
  if (!admitted.ok()) finish(call, admitted);
  return reactor;
}

grpc::ServerUnaryReactor* CallDoor::ServeAtOnce(grpc::CallbackServerContext* context,
                                                absl::string_view method,
                                                absl::FunctionRef<absl::Status()> work) {
  return ServeLater(context, method, [work](const Finish& finish) { finish(work()); });
}

grpc::ServerUnaryReactor* CallDoor::ServeLater(grpc::CallbackServerContext* context,
                                               absl::string_view method,
                                               absl::FunctionRef<void(Finish)> work) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  Call call;
  const absl::Status admitted = Enter(*context, method, call);
  const RequestScope scope(call.request_id);
  Finish finish = [this, reactor, call](const absl::Status& status) {
    Leave(call, status);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (admitted.ok()) {
    work(std::move(finish));
  } else {
    finish(admitted);
  }
  return reactor;
}

}  // namespace traind
