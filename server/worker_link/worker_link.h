#ifndef TRAIND_SERVER_WORKER_LINK_WORKER_LINK_H_
#define TRAIND_SERVER_WORKER_LINK_WORKER_LINK_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/limits.h"
#include "server/runs/training_reporter.h"
#include "server/runs/worker_launcher.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

class AttachStream;

// A worker's line to the server. Reports are queued and sent by a thread of the
// link's own, events in order and exactly once, so the training never waits for
// the network. When the stream breaks or the server says stop, a stop is
// requested. Thread-safe.
class WorkerLink : public TrainingReporter {
 public:
  struct Options {
    std::string socket_path;
    AttemptKey attempt;
    Limits limits;
    // Events waiting to be sent; past it Report blocks, since none may be lost.
    int queued_events_max = 65536;
    absl::Duration attach_timeout = absl::Seconds(30);
    // Between two batches, unless one is full or waited for: many small ones cost more.
    absl::Duration batch_interval_min = absl::Milliseconds(20);
    // Longest silence.
    absl::Duration heartbeat_interval = absl::Seconds(5);
    // Told, in words, what people should know of; may be empty.
    std::function<void(absl::string_view)> note;
  };

  // Connects, says hello and gets the assignment. UNAVAILABLE: no server;
  // DEADLINE_EXCEEDED: no answer; else what the server refuses with, such as
  // FAILED_PRECONDITION for a stale attempt.
  static absl::StatusOr<std::unique_ptr<WorkerLink>> Attach(Options options, std::stop_source stop);

  WorkerLink(const WorkerLink&) = delete;
  // Cuts the stream; what is still queued is lost. Finish first.
  ~WorkerLink() override;

  const worker::v1::Assignment& assignment() const { return assignment_; }

  // Blocks only while `queued_events_max` events are waiting, with a note. Events
  // are dropped once the stream is broken: the attempt is lost then.
  void Report(v1::Event event) override;
  // Waits until the server has acknowledged every event reported so far.
  // UNAVAILABLE once the stream is broken.
  absl::Status Flush() override;
  // Sent at most Limits::progress_per_second_max times a second.
  void ReportProgress(const v1::Progress& progress) override;

  // Sends what is queued, then `finished`, and waits until the server has it all.
  // DEADLINE_EXCEEDED: no acknowledgement in time; else why the stream broke.
  // Nothing may be reported afterwards.
  absl::Status Finish(const worker::v1::Finished& finished, absl::Duration timeout);

 private:
  WorkerLink(Options options, std::stop_source stop);
  absl::StatusOr<worker::v1::Assignment> SayHello();

  void ReadLoop();
  // Takes a message; true when it asks to stop.
  bool Take(worker::v1::AttachResponse& response);
  void SendLoop();
  // The next message to send, or none when the stream has ended.
  std::optional<worker::v1::AttachRequest> NextRequest();
  // Until when to sleep when there is nothing to send now.
  absl::Time WakeTime() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One batch is on its way at a time, and events that come in quick succession wait for each
  // other (Options::batch_interval_min), so that many are stored at once.
  bool BatchMayGo() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Somebody waits for what is in it, or it is full.
  bool BatchIsUrgent() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool BatchIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time BatchTime() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ProgressIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<worker::v1::AttachRequest> TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeBatch(worker::v1::EventBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Conditions to wait for.
  bool SenderHasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsAnswered() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsSettled() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFlushed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction, or after Attach.
  const Options options_;
  const absl::Duration progress_interval_;
  worker::v1::Assignment assignment_;
  // Synchronises itself.
  std::stop_source stop_;
  // One thread reads, one writes.
  const std::unique_ptr<AttachStream> stream_;

  absl::Mutex mutex_;
  std::optional<worker::v1::Assignment> answer_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  int64_t last_batch_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t acknowledged_batch_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_batch_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // The training waits until all is acknowledged.
  bool flushing_ ABSL_GUARDED_BY(mutex_) = false;
  // The sender sleeps until the next batch may be sent, so further events are no news.
  bool batch_waits_ ABSL_GUARDED_BY(mutex_) = false;
  bool full_was_noted_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<v1::Progress> progress_ ABSL_GUARDED_BY(mutex_);
  // The sender sleeps until newer progress may be sent, so progress alone is no news.
  bool progress_waits_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_progress_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time last_send_time_ ABSL_GUARDED_BY(mutex_);
  std::optional<worker::v1::Finished> finished_ ABSL_GUARDED_BY(mutex_);
  bool finished_sent_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_acknowledged_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status close_status_ ABSL_GUARDED_BY(mutex_);

  std::thread reader_;
  std::thread sender_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_WORKER_LINK_H_
