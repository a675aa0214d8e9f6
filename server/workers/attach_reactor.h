#ifndef TRAIND_SERVER_WORKERS_ATTACH_REACTOR_H_
#define TRAIND_SERVER_WORKERS_ATTACH_REACTOR_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/runs/attempt_handler.h"
#include "server/workers/attached_workers.h"
#include "server/workers/dispatcher.h"
#include "traind/worker/v1/worker_service.grpc.pb.h"

namespace traind {

// One worker's stream. Messages are handled one by one on the dispatcher, since
// the handler may block; the next one is read only then, so a busy server slows
// its workers down instead of piling up their messages. What waits to be sent is
// one assignment, one acknowledgement (the newest says it all) and one stop.
//
// Only the chain read → handle → read ends the stream, so that happens once.
// Owns itself until gRPC is done with it; a stop may hold on to it for longer.
class AttachReactor
    : public grpc::ServerBidiReactor<worker::v1::AttachRequest, worker::v1::AttachResponse>,
      public StopSender {
 public:
  // Begins to read. All of them must outlive the stream.
  static AttachReactor* Start(AttemptHandler& handler, AttachedWorkers& workers,
                              Dispatcher& dispatcher, const Limits& limits);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

  void SendStop(absl::Duration grace) override;

 private:
  AttachReactor(AttemptHandler& handler, AttachedWorkers& workers, Dispatcher& dispatcher,
                const Limits& limits)
      : handler_(handler), workers_(workers), dispatcher_(dispatcher), limits_(limits) {}

  // What to do next with the sending side; done without the lock.
  enum class Action { kNothing, kWrite, kFinish };

  // Handle one message; an error ends the stream.
  absl::Status Handle(worker::v1::AttachRequest& request);
  absl::Status HandleHello(const worker::v1::Hello& hello);
  absl::Status HandleEvents(worker::v1::EventBatch& batch);
  absl::Status HandleFinished(const worker::v1::Finished& finished);

  void SendAck(bool finished);
  void End(const absl::Status& status);
  Action NextAction() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // With kFinish the reactor may be gone on return. Reads end_ without the lock.
  void Do(Action action) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  // Each synchronises itself.
  AttemptHandler& handler_;
  AttachedWorkers& workers_;
  Dispatcher& dispatcher_;
  // Constant after construction.
  const Limits limits_;
  std::shared_ptr<AttachReactor> self_;  // until OnDone

  // Of the chain read → handle → read.
  worker::v1::AttachRequest request_;
  std::optional<AttemptKey> attempt_;  // set by a hello
  int64_t last_batch_ = 0;
  bool finished_ = false;  // the worker's last message has come

  absl::Mutex mutex_;
  std::optional<worker::v1::Assignment> assignment_ ABSL_GUARDED_BY(mutex_);
  std::optional<worker::v1::Ack> ack_ ABSL_GUARDED_BY(mutex_);
  std::optional<worker::v1::Stop> stop_ ABSL_GUARDED_BY(mutex_);
  bool assigned_ ABSL_GUARDED_BY(mutex_) = false;  // the assignment is on its way
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // a write has failed
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;   // Finish has been or is being called
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  // Belongs to gRPC while a write is in flight.
  worker::v1::AttachResponse response_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_ATTACH_REACTOR_H_
