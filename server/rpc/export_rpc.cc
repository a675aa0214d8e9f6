#include "server/rpc/export_rpc.h"

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/rpc/answer.h"

namespace traind {

grpc::ServerUnaryReactor* ExportRpc::ReadTrace(grpc::CallbackServerContext* context,
                                               const v1::ReadTraceRequest* request,
                                               v1::ReadTraceResponse* response) {
  return door_.Serve(context, "ExportService/ReadTrace",
                     [this, request, response] { return Answer(Trace(*request), response); });
}

absl::StatusOr<v1::ReadTraceResponse> ExportRpc::Trace(const v1::ReadTraceRequest& request) const {
  if (request.run_id().empty()) {
    return absl::InvalidArgumentError("run_id: expected the id of a run such as `s4-17`, got none");
  }
  if (request.after_step() < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "after_step: expected 0 or the step of the last row seen, got ", request.after_step()));
  }
  ASSIGN_OR_RETURN(const v1::Run run, runs_.Get(request.run_id()));
  if (!run.execution().trace()) {
    return absl::FailedPreconditionError(absl::StrCat(
        run.id(), " has no trace: expected a run with execution.trace; start one that has it"));
  }
  absl::StatusOr<v1::ReadTraceResponse> page = files_.ReadTrace(run.id(), request.after_step());
  if (!absl::IsNotFound(page.status())) return page;
  return absl::FailedPreconditionError(
      absl::StrCat(run.id(), " has no trace yet: its first step is to come"));
}

}  // namespace traind
