#ifndef TRAIND_SERVER_RPC_DATASET_RPC_H_
#define TRAIND_SERVER_RPC_DATASET_RPC_H_

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_directory.h"
#include "server/rpc/call_door.h"
#include "traind/v1/dataset_service.grpc.pb.h"

namespace traind {

// traind.v1.DatasetService over a folder of datasets. Stateless; thread-safe.
class DatasetRpc final : public v1::DatasetService::CallbackService {
 public:
  // All must outlive the service and its calls.
  DatasetRpc(const DatasetDirectory& datasets, CallDoor& door, const Limits& limits)
      : datasets_(datasets), door_(door), limits_(limits) {}

  grpc::ServerUnaryReactor* ReadDatasetRows(grpc::CallbackServerContext* context,
                                            const v1::ReadDatasetRowsRequest* request,
                                            v1::ReadDatasetRowsResponse* response) override;

 private:
  absl::StatusOr<v1::ReadDatasetRowsResponse> Read(const v1::ReadDatasetRowsRequest& request) const;

  const DatasetDirectory& datasets_;
  CallDoor& door_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_DATASET_RPC_H_
