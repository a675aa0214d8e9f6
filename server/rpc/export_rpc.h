#ifndef TRAIND_SERVER_RPC_EXPORT_RPC_H_
#define TRAIND_SERVER_RPC_EXPORT_RPC_H_

#include "absl/status/statusor.h"
#include "server/rpc/call_door.h"
#include "server/runs/export_files.h"
#include "server/runs/run_service.h"
#include "traind/v1/export_service.grpc.pb.h"

namespace traind {

// traind.v1.ExportService over the run service and the files of runs. Stateless; thread-safe.
class ExportRpc final : public v1::ExportService::CallbackService {
 public:
  // All must outlive the service and its calls.
  ExportRpc(const RunService& runs, const ExportFiles& files, CallDoor& door)
      : runs_(runs), files_(files), door_(door) {}

  grpc::ServerUnaryReactor* ReadTrace(grpc::CallbackServerContext* context,
                                      const v1::ReadTraceRequest* request,
                                      v1::ReadTraceResponse* response) override;

 private:
  absl::StatusOr<v1::ReadTraceResponse> Trace(const v1::ReadTraceRequest& request) const;

  const RunService& runs_;
  const ExportFiles& files_;
  CallDoor& door_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_EXPORT_RPC_H_
