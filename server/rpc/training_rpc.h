#ifndef TRAIND_SERVER_RPC_TRAINING_RPC_H_
#define TRAIND_SERVER_RPC_TRAINING_RPC_H_

#include <grpcpp/support/byte_buffer.h>

#include <stop_token>

#include "server/base/limits.h"
#include "server/rpc/call_door.h"
#include "server/rpc/event_stream.h"
#include "server/rpc/handler_pool.h"
#include "server/rpc/stream_watch.h"
#include "server/runs/event_log.h"
#include "server/runs/run_service.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// traind.v1.TrainingService over the run service and the event log. Stateless;
// thread-safe.
class TrainingRpc final : public v1::TrainingService::WithRawCallbackMethod_StreamMetrics<
                              v1::TrainingService::CallbackService> {
 public:
  // What the service works with; each must outlive it and its calls.
  struct Collaborators {
    RunService& runs;
    EventLog& log;
    CallDoor& door;
    // Needs room for Limits::subscribers_max tasks.
    HandlerPool& stream_pool;
    RpcObserver& observer;
    const Clock& clock;
  };
  // `stop` ends every stream.
  TrainingRpc(const Collaborators& with, const Limits& limits, std::stop_token stop);

  grpc::ServerUnaryReactor* StartTraining(grpc::CallbackServerContext* context,
                                          const v1::StartTrainingRequest* request,
                                          v1::Run* run) override;
  // Raw, so that an event is serialised once and not for each of its readers.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamMetrics(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes) override;
  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* context,
                                   const v1::GetRunRequest* request, v1::Run* run) override;
  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* context,
                                     const v1::ListRunsRequest* request,
                                     v1::ListRunsResponse* response) override;
  grpc::ServerUnaryReactor* PauseRun(grpc::CallbackServerContext* context,
                                     const v1::PauseRunRequest* request, v1::Run* run) override;
  grpc::ServerUnaryReactor* ResumeRun(grpc::CallbackServerContext* context,
                                      const v1::ResumeRunRequest* request, v1::Run* run) override;
  grpc::ServerUnaryReactor* PublishRun(grpc::CallbackServerContext* context,
                                       const v1::PublishRunRequest* request, v1::Run* run) override;
  grpc::ServerUnaryReactor* DeleteRun(grpc::CallbackServerContext* context,
                                      const v1::DeleteRunRequest* request,
                                      v1::DeleteRunResponse* response) override;
  grpc::ServerUnaryReactor* CancelRun(grpc::CallbackServerContext* context,
                                      const v1::CancelRunRequest* request, v1::Run* run) override;

 private:
  RunService& runs_;
  CallDoor& door_;
  StreamWatch watch_;
  const EventStream::Shared streams_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_TRAINING_RPC_H_
