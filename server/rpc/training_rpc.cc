#include "server/rpc/training_rpc.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/answer.h"

namespace traind {
namespace {

absl::Status RequireRunId(const std::string& run_id) {
  if (!run_id.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("run_id: expected the id of a run such as `s4-17`, got none");
}

absl::Status ValidateStreamRequest(const v1::StreamMetricsRequest& request) {
  if (request.after_sequence() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("after_sequence: expected 0 or the sequence of the last event seen, got ",
                     request.after_sequence()));
  }
  return RequireRunId(request.run_id());
}

}  // namespace

TrainingRpc::TrainingRpc(const Collaborators& with, const Limits& limits, std::stop_token stop)
    : runs_(with.runs),
      door_(with.door),
      streams_{with.log,
               with.stream_pool,
               with.door,
               with.observer,
               with.clock,
               std::move(stop),
               limits.stream_events_max,
               absl::Seconds(1) / limits.stream_messages_per_second_max} {}

grpc::ServerUnaryReactor* TrainingRpc::StartTraining(grpc::CallbackServerContext* context,
                                                     const v1::StartTrainingRequest* request,
                                                     v1::Run* run) {
  return door_.Serve(context, "TrainingService/StartTraining",
                     [this, request, run] { return Answer(runs_.Start(*request), run); });
}

grpc::ServerWriteReactor<v1::StreamMetricsResponse>* TrainingRpc::StreamMetrics(
    grpc::CallbackServerContext* context, const v1::StreamMetricsRequest* request) {
  CallDoor::Call call;
  absl::Status admitted = door_.Enter(*context, "TrainingService/StreamMetrics", call);
  if (admitted.ok()) admitted = ValidateStreamRequest(*request);
  auto* const stream = new EventStream(streams_, *request, std::move(call));
  if (admitted.ok()) {
    stream->Start();
  } else {
    stream->Refuse(std::move(admitted));
  }
  return stream;
}

grpc::ServerUnaryReactor* TrainingRpc::GetRun(grpc::CallbackServerContext* context,
                                              const v1::GetRunRequest* request, v1::Run* run) {
  return door_.Serve(context, "TrainingService/GetRun", [this, request, run] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.Get(request->run_id()), run) : named;
  });
}

grpc::ServerUnaryReactor* TrainingRpc::ListRuns(grpc::CallbackServerContext* context,
                                                const v1::ListRunsRequest* request,
                                                v1::ListRunsResponse* response) {
  return door_.Serve(context, "TrainingService/ListRuns",
                     [this, request, response] { return Answer(runs_.List(*request), response); });
}

grpc::ServerUnaryReactor* TrainingRpc::CancelRun(grpc::CallbackServerContext* context,
                                                 const v1::CancelRunRequest* request,
                                                 v1::Run* run) {
  return door_.Serve(context, "TrainingService/CancelRun", [this, request, run] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.Cancel(*request), run) : named;
  });
}

grpc::ServerUnaryReactor* TrainingRpc::PauseRun(grpc::CallbackServerContext* context,
                                                const v1::PauseRunRequest* request, v1::Run* run) {
  return door_.Serve(context, "TrainingService/PauseRun", [this, request, run] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.Pause(request->run_id()), run) : named;
  });
}

grpc::ServerUnaryReactor* TrainingRpc::ResumeRun(grpc::CallbackServerContext* context,
                                                 const v1::ResumeRunRequest* request,
                                                 v1::Run* run) {
  return door_.Serve(context, "TrainingService/ResumeRun", [this, request, run] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.Resume(request->run_id()), run) : named;
  });
}

grpc::ServerUnaryReactor* TrainingRpc::DeleteRun(grpc::CallbackServerContext* context,
                                                 const v1::DeleteRunRequest* request,
                                                 v1::DeleteRunResponse* response) {
  return door_.Serve(context, "TrainingService/DeleteRun", [this, request, response] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.Delete(request->run_id()), response) : named;
  });
}

}  // namespace traind
