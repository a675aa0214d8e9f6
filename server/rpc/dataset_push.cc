#include "server/rpc/dataset_push.h"

#include <utility>

#include "server/base/request_scope.h"
#include "server/rpc/answer.h"
#include "server/rpc/grpc_status.h"

namespace traind {

DatasetPush* DatasetPush::Start(grpc::CallbackServerContext& context, DatasetStore& store,
                                CallDoor& door, Pools pools, v1::Dataset& response) {
  DatasetPush* const push = new DatasetPush(store, door, pools, response);
  const absl::Status admitted = door.Enter(context, "DatasetService/PushDataset", push->call_);
  if (admitted.ok()) {
    push->StartRead(&push->piece_);
  } else {
    push->End(admitted);
  }
  return push;
}

void DatasetPush::OnReadDone(bool ok) {
  HandlerPool& pool = ok ? pools_.writes : pools_.imports;
  const absl::Status submitted = pool.Submit([this, ok] {
    // This may be deleted before the scope ends.
    const std::string request_id = call_.request_id;
    const RequestScope scope(request_id);
    const absl::Status status = ok ? TakePiece() : MakeDataset();
    if (ok && status.ok()) {
      StartRead(&piece_);
    } else {
      End(status);
    }
  });
  if (!submitted.ok()) End(submitted);
}

absl::Status DatasetPush::TakePiece() {
  if (push_id_.empty()) push_id_ = piece_.push_id();
  if (push_id_.empty()) {
    return absl::InvalidArgumentError("push_id: expected that of the push that was begun");
  }
  return store_.Append(push_id_, piece_.offset(), piece_.data());
}

absl::Status DatasetPush::MakeDataset() {
  if (push_id_.empty()) {
    return absl::InvalidArgumentError("expected a message with push_id, got none");
  }
  return Answer(store_.FinishPush(push_id_), &response_);
}

void DatasetPush::End(const absl::Status& status) {
  // Leaving comes first: once finished, the server may be torn down.
  door_.Leave(call_, status);
  Finish(ToGrpcStatus(status));
}

}  // namespace traind
