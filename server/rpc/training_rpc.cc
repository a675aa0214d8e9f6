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

absl::Status ParseStreamRequest(const grpc::ByteBuffer& bytes, v1::StreamMetricsRequest& request) {
  if (!bytes.Valid()) return absl::CancelledError("the client went away before its request came");
  grpc::ByteBuffer consumed(bytes);
  if (grpc::SerializationTraits<v1::StreamMetricsRequest>::Deserialize(&consumed, &request).ok()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected a StreamMetricsRequest, got other bytes");
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
      watch_(with.clock, limits.stream_watch_interval),
      streams_{with.log,   with.stream_pool, with.door,       with.observer,
               with.clock, watch_,           std::move(stop), limits} {}

grpc::ServerUnaryReactor* TrainingRpc::StartTraining(grpc::CallbackServerContext* context,
                                                     const v1::StartTrainingRequest* request,
                                                     v1::Run* run) {
  return door_.Serve(context, "TrainingService/StartTraining",
                     [this, request, run] { return Answer(runs_.Start(*request), run); });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* TrainingRpc::StreamMetrics(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes) {
  CallDoor::Call call;
  v1::StreamMetricsRequest request;
  absl::StatusOr<EventFilter> filter = EventFilter();
  absl::Status admitted = door_.Enter(*context, "TrainingService/StreamMetrics", call);
  if (admitted.ok()) admitted = ParseStreamRequest(*request_bytes, request);
  if (admitted.ok()) admitted = ValidateStreamRequest(request);
  if (admitted.ok()) {
    filter = EventFilter::Make(request, streams_.limits);
    admitted = filter.status();
  }
  auto* const stream =
      new EventStream(streams_, request, admitted.ok() ? *std::move(filter) : EventFilter(),
                      *context, std::move(call));
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

grpc::ServerUnaryReactor* TrainingRpc::PublishRun(grpc::CallbackServerContext* context,
                                                  const v1::PublishRunRequest* request,
                                                  v1::Run* run) {
  return door_.Serve(context, "TrainingService/PublishRun", [this, request, run] {
    const absl::Status named = RequireRunId(request->run_id());
    return named.ok() ? Answer(runs_.PublishRun(request->run_id()), run) : named;
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
