#include "server/rpc/sweep_rpc.h"

#include <string>

#include "server/rpc/answer.h"

namespace traind {
namespace {

absl::Status RequireSweepId(const std::string& sweep_id) {
  if (!sweep_id.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "sweep_id: expected the id of a sweep such as `s4-sweep-3`, got none");
}

}  // namespace

grpc::ServerUnaryReactor* SweepRpc::CreateSweep(grpc::CallbackServerContext* context,
                                                const v1::CreateSweepRequest* request,
                                                v1::Sweep* sweep) {
  return door_.Serve(context, "SweepService/CreateSweep",
                     [this, request, sweep] { return Answer(sweeps_.Create(*request), sweep); });
}

grpc::ServerUnaryReactor* SweepRpc::GetSweep(grpc::CallbackServerContext* context,
                                             const v1::GetSweepRequest* request, v1::Sweep* sweep) {
  return door_.Serve(context, "SweepService/GetSweep", [this, request, sweep] {
    const absl::Status named = RequireSweepId(request->sweep_id());
    return named.ok() ? Answer(sweeps_.Get(request->sweep_id()), sweep) : named;
  });
}

grpc::ServerUnaryReactor* SweepRpc::ListSweeps(grpc::CallbackServerContext* context,
                                               const v1::ListSweepsRequest* request,
                                               v1::ListSweepsResponse* response) {
  return door_.Serve(context, "SweepService/ListSweeps", [this, request, response] {
    return Answer(sweeps_.List(*request), response);
  });
}

grpc::ServerUnaryReactor* SweepRpc::CancelSweep(grpc::CallbackServerContext* context,
                                                const v1::CancelSweepRequest* request,
                                                v1::Sweep* sweep) {
  return door_.Serve(context, "SweepService/CancelSweep", [this, request, sweep] {
    const absl::Status named = RequireSweepId(request->sweep_id());
    return named.ok() ? Answer(sweeps_.Cancel(request->sweep_id()), sweep) : named;
  });
}

grpc::ServerUnaryReactor* SweepRpc::ResumeSweep(grpc::CallbackServerContext* context,
                                                const v1::ResumeSweepRequest* request,
                                                v1::Sweep* sweep) {
  return door_.Serve(context, "SweepService/ResumeSweep", [this, request, sweep] {
    const absl::Status named = RequireSweepId(request->sweep_id());
    return named.ok() ? Answer(sweeps_.Resume(request->sweep_id()), sweep) : named;
  });
}

grpc::ServerUnaryReactor* SweepRpc::DeleteSweep(grpc::CallbackServerContext* context,
                                                const v1::DeleteSweepRequest* request,
                                                v1::DeleteSweepResponse* response) {
  return door_.Serve(context, "SweepService/DeleteSweep", [this, request, response] {
    const absl::Status named = RequireSweepId(request->sweep_id());
    return named.ok() ? Answer(sweeps_.Delete(*request), response) : named;
  });
}

}  // namespace traind
