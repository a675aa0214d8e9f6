#ifndef TRAIND_SERVER_RUNS_EVENT_LOG_H_
#define TRAIND_SERVER_RUNS_EVENT_LOG_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/base/limits.h"
#include "server/runs/logged_event.h"
#include "server/runs/run_store.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What subscribers read: durable events by cursor, from a ring of recent ones or
// else from the store, and the newest progress. A subscriber is a cursor and a
// callback, never a queue; one that never reads costs nothing. Thread-safe.
class EventLog {
 public:
  // `store` must outlive the log.
  EventLog(const RunStore& store, const Limits& limits) : store_(store), limits_(limits) {}
  EventLog(const EventLog&) = delete;

  // Makes durable events visible and wakes the run's subscribers. Called by the
  // run service after the store has them, in order per run.
  void Publish(absl::string_view run_id, absl::Span<const v1::Event> events, bool terminal);

  // Replaces the run's progress and wakes subscribers that want it.
  void PublishProgress(absl::string_view run_id, const v1::Progress& progress);

  // What a reader gets in one go.
  struct Batch {
    std::vector<LoggedEventPointer> events;  // sequence > after_sequence, oldest first
    // Newest progress and its number, when there is a newer one than the reader has seen.
    std::optional<v1::Progress> progress;
    int64_t progress_number = 0;
    // No event will ever follow these.
    bool end = false;
  };
  // Never blocks on the training; may read the store. After 0 it begins at the
  // oldest event that is kept. NOT_FOUND for an unknown run; OUT_OF_RANGE when
  // after_sequence is past the newest event, or when events that follow it are not
  // kept any more.
  absl::StatusOr<Batch> Read(absl::string_view run_id, int64_t after_sequence,
                             int64_t after_progress_number) const;

  // Sequence of the run's newest event. NOT_FOUND for an unknown run.
  absl::StatusOr<int64_t> NewestSequence(absl::string_view run_id) const;

  // Calls back whenever something new can be read, until destroyed.
  class Subscription {
   public:
    ~Subscription();

   private:
    friend class EventLog;
    Subscription(EventLog& log, std::string run_id, int64_t key)
        : log_(log), run_id_(std::move(run_id)), key_(key) {}
    EventLog& log_;
    const std::string run_id_;
    const int64_t key_;
  };
  // `wake` is called with an internal lock held: it must only note the wake-up
  // (or start an asynchronous operation) and must not call into the log. It is
  // not called any more once the subscription's destructor has returned.
  // RESOURCE_EXHAUSTED past Limits::subscribers_max.
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(absl::string_view run_id,
                                                          bool want_progress,
                                                          std::function<void()> wake);

  // Never waits for a lock.
  int subscriber_count() const { return subscriber_count_; }

 private:
  struct Subscriber {
    bool want_progress;
    std::function<void()> wake;
  };
  // Recent past and present listeners of one run; made on first use, dropped
  // when the run has ended and nobody listens.
  struct Channel {
    std::deque<LoggedEventPointer> ring;
    bool terminal = false;
    v1::Progress progress;
    int64_t progress_number = 0;
    std::map<int64_t, Subscriber> subscribers;
  };
  // What the ring does not hold.
  absl::StatusOr<Batch> ReadStore(absl::string_view run_id, int64_t after_sequence,
                                  Batch batch) const;
  void Unsubscribe(const std::string& run_id, int64_t key);
  void DropIfIdle(const std::string& run_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Synchronises itself.
  const RunStore& store_;
  // Constant after construction.
  const Limits limits_;

  mutable absl::Mutex mutex_;
  std::map<std::string, Channel, std::less<>> channels_ ABSL_GUARDED_BY(mutex_);
  int64_t next_key_ ABSL_GUARDED_BY(mutex_) = 1;
  // Changed with the mutex held.
  std::atomic<int> subscriber_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EVENT_LOG_H_
