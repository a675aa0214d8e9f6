#ifndef TRAIND_SERVER_RPC_EVENT_STREAM_H_
#define TRAIND_SERVER_RPC_EVENT_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/rpc/call_door.h"
#include "server/rpc/handler_pool.h"
#include "server/rpc/rpc_observer.h"
#include "server/runs/event_log.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// One StreamMetrics call: a cursor over the event log that is in exactly one
// phase at a time, so that at most one read, write or alarm is under way:
//
//   idle --wake--> reading --events--> writing --done--> pacing --alarm--> idle
//                     '--nothing new--> idle
//
// A wake-up in another phase is noted and leads from there to reading instead
// of idle. Owned by itself: deletes itself in OnDone.
class EventStream final : public grpc::ServerWriteReactor<v1::StreamMetricsResponse> {
 public:
  // What every stream of a server shares; must outlive the streams.
  struct Shared {
    EventLog& log;
    // Reads the log. Its queue must have room for one task of every stream.
    HandlerPool& pool;
    CallDoor& door;
    RpcObserver& observer;
    const Clock& clock;
    // Once stopped, every stream ends with UNAVAILABLE.
    std::stop_token stop;
    // A message with so many events is full: the log gives no more at once.
    int full_message_events;
    // Least time between two messages of a stream that has caught up.
    absl::Duration pace;
  };

  EventStream(const Shared& shared, const v1::StreamMetricsRequest& request, CallDoor::Call call);

  // Begins to read, or ends the stream at once. One of them must be called,
  // once, right after construction.
  void Start();
  void Refuse(absl::Status status) { FinishNow(std::move(status)); }

  // Ends the stream as soon as what is under way allows. Thread-safe.
  void End(absl::Status status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Phase { kIdle, kReading, kWriting, kPacing, kFinished };

  // Private: only OnDone deletes a stream.
  ~EventStream() override = default;

  void Wake();
  // On the pool: reads what is new, then writes, waits or finishes.
  void ReadLog();
  // Tells the observer of the events in response_, which have been written.
  void ReportWritten() const;
  // What happens after a look at the log that found nothing to send.
  void Settle();
  void OnPaced();
  // Goes to reading from any phase that has just come to its end.
  void SubmitRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Finishes if an end is due. True when it did: `this` may be gone by then.
  bool FinishIfEnding() ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishNow(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Shared shared_;
  const v1::StreamMetricsRequest request_;
  const CallDoor::Call call_;

  // Touched only by whoever the phase belongs to: reader, then writer.
  v1::StreamMetricsResponse response_;
  int64_t after_sequence_;
  int64_t after_progress_number_;
  bool last_message_ = false;

  absl::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kReading;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  // A new one for every wait: an alarm must not be set from its own callback.
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);

  // Last members, so that nobody calls in while the others are destroyed.
  std::unique_ptr<EventLog::Subscription> subscription_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_EVENT_STREAM_H_
