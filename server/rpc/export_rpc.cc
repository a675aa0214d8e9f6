#include "server/rpc/export_rpc.h"

#include <string>

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

grpc::ServerUnaryReactor* ExportRpc::ReadWeights(grpc::CallbackServerContext* context,
                                                 const v1::ReadWeightsRequest* request,
                                                 v1::ReadWeightsResponse* response) {
  return door_.Serve(context, "ExportService/ReadWeights",
                     [this, request, response] { return Answer(Weights(*request), response); });
}

absl::StatusOr<v1::ReadWeightsResponse> ExportRpc::Weights(
    const v1::ReadWeightsRequest& request) const {
  if (request.has_version()) return VersionWeights(request);
  if (request.has_run_id() && !request.run_id().empty()) return RunWeights(request);
  return absl::InvalidArgumentError(
      "source: expected run_id such as `s4-17`, or version with model and number, got none");
}

absl::StatusOr<v1::ReadWeightsResponse> ExportRpc::RunWeights(
    const v1::ReadWeightsRequest& request) const {
  ASSIGN_OR_RETURN(const v1::Run run, runs_.Get(request.run_id()));
  std::string checkpoint = request.checkpoint();
  if (checkpoint.empty()) checkpoint = run.best_checkpoint().path();
  if (checkpoint.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        run.id(), " has no checkpoint of a whole epoch yet; wait until its first one is over"));
  }
  ASSIGN_OR_RETURN(v1::ReadWeightsResponse piece,
                   files_.ReadRunWeights(run.id(), checkpoint, request.offset()));
  piece.set_checkpoint(checkpoint);
  return piece;
}

absl::StatusOr<v1::ReadWeightsResponse> ExportRpc::VersionWeights(
    const v1::ReadWeightsRequest& request) const {
  const v1::VersionName& name = request.version();
  v1::GetModelRequest get;
  get.set_model(name.model());
  ASSIGN_OR_RETURN(const v1::Model model, models_.Get(get));
  for (const v1::ModelVersion& version : model.versions()) {
    if (version.version() != name.version()) continue;
    return files_.ReadVersionWeights(model.name(), version.version(), request.offset());
  }
  return absl::NotFoundError(
      absl::StrCat("version: model ", name.model(), " has no version ", name.version()));
}

}  // namespace traind
