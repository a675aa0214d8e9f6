#ifndef TRAIND_SERVER_RPC_DATASET_PUSH_H_
#define TRAIND_SERVER_RPC_DATASET_PUSH_H_

#include <grpcpp/support/server_callback.h>

#include <string>

#include "absl/status/status.h"
#include "server/datasets/dataset_store.h"
#include "server/rpc/call_door.h"
#include "server/rpc/handler_pool.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// One PushDataset call: a piece is read, appended off gRPC's threads, then the next one is
// read; after the last one the dataset is made. At most one of these is under way, and the
// next begins only when it is done, so that nothing needs a lock. Owned by itself: deletes
// itself in OnDone.
class DatasetPush final : public grpc::ServerReadReactor<v1::PushDatasetRequest> {
 public:
  struct Pools {
    HandlerPool& writes;
    // Its tasks take minutes.
    HandlerPool& imports;
  };

  // Enters the door and begins to read, or refuses the call. All must outlive it.
  static DatasetPush* Start(grpc::CallbackServerContext& context, DatasetStore& store,
                            CallDoor& door, Pools pools, v1::Dataset& response);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  DatasetPush(DatasetStore& store, CallDoor& door, Pools pools, v1::Dataset& response)
      : store_(store), door_(door), pools_(pools), response_(response) {}
  // Private: only OnDone deletes it.
  ~DatasetPush() override = default;

  absl::Status TakePiece();
  // After the last piece.
  absl::Status MakeDataset();
  void End(const absl::Status& status);

  // Constant after Start.
  DatasetStore& store_;
  CallDoor& door_;
  const Pools pools_;
  v1::Dataset& response_;
  CallDoor::Call call_;

  v1::PushDatasetRequest piece_;
  std::string push_id_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_DATASET_PUSH_H_
