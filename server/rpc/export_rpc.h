#ifndef TRAIND_SERVER_RPC_EXPORT_RPC_H_
#define TRAIND_SERVER_RPC_EXPORT_RPC_H_

#include "absl/status/statusor.h"
#include "server/rpc/call_door.h"
#include "server/runs/export_files.h"
#include "server/runs/run_service.h"
#include "server/serving/model_catalog.h"
#include "traind/v1/export_service.grpc.pb.h"

namespace traind {

// traind.v1.ExportService over the run service, the catalog of models and their files.
// Stateless; thread-safe.
class ExportRpc final : public v1::ExportService::CallbackService {
 public:
  // All must outlive the service and its calls.
  ExportRpc(const RunService& runs, const ModelCatalog& models, const ExportFiles& files,
            CallDoor& door)
      : runs_(runs), models_(models), files_(files), door_(door) {}

  grpc::ServerUnaryReactor* ReadTrace(grpc::CallbackServerContext* context,
                                      const v1::ReadTraceRequest* request,
                                      v1::ReadTraceResponse* response) override;
  grpc::ServerUnaryReactor* ReadWeights(grpc::CallbackServerContext* context,
                                        const v1::ReadWeightsRequest* request,
                                        v1::ReadWeightsResponse* response) override;

 private:
  absl::StatusOr<v1::ReadTraceResponse> Trace(const v1::ReadTraceRequest& request) const;

  absl::StatusOr<v1::ReadWeightsResponse> Weights(const v1::ReadWeightsRequest& request) const;
  absl::StatusOr<v1::ReadWeightsResponse> RunWeights(const v1::ReadWeightsRequest& request) const;
  absl::StatusOr<v1::ReadWeightsResponse> VersionWeights(
      const v1::ReadWeightsRequest& request) const;

  const RunService& runs_;
  const ModelCatalog& models_;
  const ExportFiles& files_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_EXPORT_RPC_H_
