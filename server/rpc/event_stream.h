#ifndef TRAIND_SERVER_RPC_EVENT_STREAM_H_
#define TRAIND_SERVER_RPC_EVENT_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/base/stream_end.h"
#include "server/rpc/call_door.h"
#include "server/rpc/handler_pool.h"
#include "server/rpc/rpc_observer.h"
#include "server/rpc/stream_history.h"
#include "server/rpc/stream_watch.h"
#include "server/runs/event_filter.h"
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
// of idle. A stream that thins out its history reads it first, a page for each
// time in `reading`. The watch wakes a stream that has long been idle, for a sign
// of life, and breaks one that has long been writing. Owned by itself: deletes
// itself in OnDone.
class EventStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public StreamWatch::Stream {
 public:
  // What every stream of a server shares; must outlive the streams.
  struct Shared {
    EventLog& log;
    // Reads the log. Its queue must have room for one task of every stream.
    HandlerPool& pool;
    CallDoor& door;
    RpcObserver& observer;
    const Clock& clock;
    StreamWatch& watch;
    // Once stopped, every stream ends with UNAVAILABLE.
    std::stop_token stop;
    Limits limits;
  };

  // `context` is the call's. `filter` is made of the request.
  EventStream(const Shared& shared, const v1::StreamMetricsRequest& request, EventFilter filter,
              grpc::CallbackServerContext& context, CallDoor::Call call);

  // Begins to read, or ends the stream at once. One of them must be called,
  // once, right after construction.
  void Start();
  void Refuse(absl::Status status) {
    const StreamEnd end = absl::IsCancelled(status) ? StreamEnd::kClient : StreamEnd::kRefused;
    FinishNow({std::move(status), end});
  }

  // As StreamWatch says; a look also makes an idle stream give a sign of life.
  bool Look(absl::Duration now) override;
  void Break() override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Phase { kIdle, kReading, kWriting, kPacing, kFinished };
  struct Ending {
    absl::Status status;
    StreamEnd end;
  };

  // Private: only OnDone deletes a stream.
  ~EventStream() override = default;

  // Ends the stream as soon as what is under way allows. Thread-safe.
  void End(Ending ending);
  void Wake();
  // On the pool: reads what is new, then writes, waits or finishes.
  void ReadLog();
  // The same for the next page of a history that is thinned out.
  void ReadHistory();
  // What of a page goes into one message; moves the cursor up to there.
  std::vector<LoggedEventPointer> Choose(std::vector<LoggedEventPointer> page);
  // Sends these events, which may be none, and whatever else there is to tell.
  void Write(std::vector<LoggedEventPointer> events, std::optional<v1::Progress> progress);
  // True when a sign of life is due.
  bool IsSilent();
  // Tells the observer of the events in sent_, which have been written.
  void ReportWritten() const;
  // What happens after a look at the log that found nothing to send.
  void Settle(bool moved);
  // What happens after a write, on whatever thread has learnt of it.
  void AfterWrite(bool ok);
  void OnPaced();
  // Goes from any phase that has just come to its end: to reading, or to pacing.
  void SubmitRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Time between two messages of a stream that has caught up: the more streams
  // there are, the longer.
  absl::Duration PaceTime() const;
  // Finishes if an end is due. True when it did: `this` may be gone by then.
  bool FinishIfEnding() ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishNow(Ending ending) ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Shared& shared_;
  const v1::StreamMetricsRequest request_;
  const EventFilter filter_;
  grpc::CallbackServerContext& context_;
  const CallDoor::Call call_;

  // Touched only by whoever the phase belongs to: reader, then writer.
  std::optional<StreamHistory> history_;  // until it has been sent
  std::vector<LoggedEventPointer> sent_;
  grpc::ByteBuffer message_;
  int64_t after_sequence_;
  int64_t told_sequence_;  // last_sequence of the newest message
  int64_t after_progress_number_;
  bool last_message_ = false;
  bool more_ = false;  // there is more to read at once

  absl::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kReading;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Ending> ending_ ABSL_GUARDED_BY(mutex_);
  // When the newest write began, or the stream.
  absl::Duration last_write_ ABSL_GUARDED_BY(mutex_);
  // The watch is about to break, or has broken, this stream.
  bool breaking_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  // The result of a write that came while the watch was breaking the stream, which
  // therefore goes on with it.
  std::optional<bool> handed_over_ ABSL_GUARDED_BY(mutex_);
  // A new one for every wait: an alarm must not be set from its own callback.
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);

  // Last members, so that nobody calls in while the others are destroyed.
  std::unique_ptr<EventLog::Subscription> subscription_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_EVENT_STREAM_H_
