#include "server/rpc/module_push.h"

#include <utility>

#include "absl/status/statusor.h"
#include "server/base/request_scope.h"
#include "server/base/status_macros.h"
#include "server/rpc/answer.h"
#include "server/rpc/grpc_status.h"

namespace traind {

ModulePush* ModulePush::Start(grpc::CallbackServerContext& context, ModuleStore& store,
                              CallDoor& door, Pools pools, v1::Module& response) {
  ModulePush* const push = new ModulePush(store, door, pools, response);
  const absl::Status admitted = door.Enter(context, "ModuleService/PushModule", push->call_);
  if (admitted.ok()) {
    push->StartRead(&push->piece_);
  } else {
    push->End(admitted);
  }
  return push;
}

void ModulePush::OnReadDone(bool ok) {
  HandlerPool& pool = ok ? pools_.writes : pools_.inspections;
  const absl::Status submitted = pool.Submit([this, ok] {
    // This may be deleted before the scope ends.
    const std::string request_id = call_.request_id;
    const RequestScope scope(request_id);
    if (!ok) return End(MakeModule());
    const absl::StatusOr<bool> is_known = TakePiece();
    if (is_known.ok() && !*is_known) {
      StartRead(&piece_);
    } else {
      End(is_known.status());
    }
  });
  if (!submitted.ok()) End(submitted);
}

absl::StatusOr<bool> ModulePush::TakePiece() {
  if (piece_.has_header() == (upload_ != nullptr)) {
    return absl::InvalidArgumentError(
        "header: expected one in the first message, and none in the others");
  }
  if (piece_.has_header()) {
    ASSIGN_OR_RETURN(ModuleStore::Begun begun, store_.Begin(piece_.header()));
    if (begun.module.has_value()) {
      response_ = *std::move(begun.module);
      return true;
    }
    upload_ = std::move(begun.upload);
  }
  RETURN_IF_ERROR(upload_->Append(piece_.data()));
  return false;
}

absl::Status ModulePush::MakeModule() {
  if (upload_ == nullptr) {
    return absl::InvalidArgumentError("expected a message with a header, got none");
  }
  return Answer(upload_->Finish(), &response_);
}

void ModulePush::End(const absl::Status& status) {
  // Before the answer: whoever has it finds nothing left of the push.
  upload_.reset();
  // Leaving comes first: once finished, the server may be torn down.
  door_.Leave(call_, status);
  Finish(ToGrpcStatus(status));
}

}  // namespace traind
