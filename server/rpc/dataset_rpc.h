#ifndef TRAIND_SERVER_RPC_DATASET_RPC_H_
#define TRAIND_SERVER_RPC_DATASET_RPC_H_

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/dataset_store.h"
#include "server/rpc/call_door.h"
#include "server/rpc/dataset_push.h"
#include "server/runs/run_service.h"
#include "traind/v1/dataset_service.grpc.pb.h"

namespace traind {

// traind.v1.DatasetService over a folder of datasets. Stateless; thread-safe.
class DatasetRpc final : public v1::DatasetService::CallbackService {
 public:
  struct Backend {
    const DatasetDirectory& datasets;
    DatasetStore& store;
    // Who needs them.
    const RunService& runs;
  };

  // All must outlive the service and its calls.
  DatasetRpc(const Backend& backend, CallDoor& door, DatasetPush::Pools pools, const Limits& limits)
      : backend_(backend), door_(door), pools_(pools), limits_(limits) {}

  grpc::ServerUnaryReactor* ReadDatasetRows(grpc::CallbackServerContext* context,
                                            const v1::ReadDatasetRowsRequest* request,
                                            v1::ReadDatasetRowsResponse* response) override;
  grpc::ServerUnaryReactor* BeginDatasetPush(grpc::CallbackServerContext* context,
                                             const v1::BeginDatasetPushRequest* request,
                                             v1::DatasetPush* response) override;
  grpc::ServerReadReactor<v1::PushDatasetRequest>* PushDataset(grpc::CallbackServerContext* context,
                                                               v1::Dataset* response) override;
  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context,
                                         const v1::ListDatasetsRequest* request,
                                         v1::ListDatasetsResponse* response) override;
  grpc::ServerUnaryReactor* GetDataset(grpc::CallbackServerContext* context,
                                       const v1::GetDatasetRequest* request,
                                       v1::Dataset* response) override;
  grpc::ServerUnaryReactor* DeleteDataset(grpc::CallbackServerContext* context,
                                          const v1::DeleteDatasetRequest* request,
                                          v1::DeleteDatasetResponse* response) override;

 private:
  absl::StatusOr<v1::ReadDatasetRowsResponse> Read(const v1::ReadDatasetRowsRequest& request) const;
  absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest& request) const;
  absl::StatusOr<v1::DeleteDatasetResponse> Delete(const std::string& name) const;

  const Backend backend_;
  CallDoor& door_;
  const DatasetPush::Pools pools_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_DATASET_RPC_H_
