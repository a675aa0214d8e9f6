#ifndef TRAIND_TESTS_WORKERS_RECORDING_HANDLER_H_
#define TRAIND_TESTS_WORKERS_RECORDING_HANDLER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/runs/attempt_handler.h"

namespace traind {

// An AttemptHandler that knows one attempt and remembers what it was told. Every
// wait has a deadline. Thread-safe.
class RecordingHandler : public AttemptHandler {
 public:
  static constexpr absl::Duration kWaitMax = absl::Seconds(20);

  explicit RecordingHandler(AttemptKey attempt = {"s4-1", 1}) : attempt_(std::move(attempt)) {
    assignment_.mutable_recipe()->set_name("s4");
    assignment_.set_datasets_directory("/data/sets");
  }

  absl::StatusOr<worker::v1::Assignment> OnWorkerHello(const AttemptKey& attempt,
                                                       int64_t pid) override {
    absl::MutexLock lock(&mutex_);
    if (attempt != attempt_ || refuse_hello_) {
      return absl::FailedPreconditionError("attempt " + attempt.DebugString() + " is stale");
    }
    pid_ = pid;
    return assignment_;
  }

  absl::Status OnWorkerEvents(const AttemptKey& attempt, std::vector<v1::Event> events) override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&open_));
    if (!events_status_.ok()) return events_status_;
    batch_sizes_.push_back(static_cast<int>(events.size()));
    for (v1::Event& event : events) events_.push_back(std::move(event));
    return absl::OkStatus();
  }

  void OnWorkerProgress(const AttemptKey& attempt, const v1::Progress& progress) override {
    absl::MutexLock lock(&mutex_);
    progress_.push_back(progress);
  }

  void OnWorkerHeartbeat(const AttemptKey& attempt) override {
    absl::MutexLock lock(&mutex_);
    ++heartbeat_count_;
  }

  absl::Status OnWorkerFinished(const AttemptKey& attempt,
                                const worker::v1::Finished& finished) override {
    absl::MutexLock lock(&mutex_);
    finished_ = finished;
    return absl::OkStatus();
  }

  void OnWorkerExited(const AttemptKey& attempt, absl::string_view how) override {
    absl::MutexLock lock(&mutex_);
    exits_.emplace_back(attempt, std::string(how));
  }

  void SetAssignment(worker::v1::Assignment assignment) {
    absl::MutexLock lock(&mutex_);
    assignment_ = std::move(assignment);
  }
  // Treats the attempt as stale.
  void RefuseHello() {
    absl::MutexLock lock(&mutex_);
    refuse_hello_ = true;
  }
  // While closed, OnWorkerEvents blocks as a slow store would.
  void SetOpen(bool open) {
    absl::MutexLock lock(&mutex_);
    open_ = open;
  }
  void FailEventsWith(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    events_status_ = std::move(status);
  }

  // Waits for that many; false when they do not come in time.
  bool WaitForEvents(size_t count) {
    return Wait([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return events_.size() >= count; });
  }
  bool WaitForProgress(size_t count) {
    return Wait([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return progress_.size() >= count; });
  }
  bool WaitForHeartbeats(int count) {
    return Wait([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return heartbeat_count_ >= count; });
  }
  bool WaitForExits(size_t count) {
    return Wait([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return exits_.size() >= count; });
  }

  std::vector<v1::Event> events() const {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  std::vector<int> batch_sizes() const {
    absl::MutexLock lock(&mutex_);
    return batch_sizes_;
  }
  std::vector<v1::Progress> progress() const {
    absl::MutexLock lock(&mutex_);
    return progress_;
  }
  std::optional<worker::v1::Finished> finished() const {
    absl::MutexLock lock(&mutex_);
    return finished_;
  }
  std::vector<std::pair<AttemptKey, std::string>> exits() const {
    absl::MutexLock lock(&mutex_);
    return exits_;
  }
  int64_t pid() const {
    absl::MutexLock lock(&mutex_);
    return pid_;
  }

 private:
  template <typename Predicate>
  bool Wait(Predicate predicate) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&predicate), kWaitMax);
  }

  const AttemptKey attempt_;
  mutable absl::Mutex mutex_;
  worker::v1::Assignment assignment_ ABSL_GUARDED_BY(mutex_);
  absl::Status events_status_ ABSL_GUARDED_BY(mutex_);
  bool refuse_hello_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int64_t pid_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> batch_sizes_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Progress> progress_ ABSL_GUARDED_BY(mutex_);
  int heartbeat_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<worker::v1::Finished> finished_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<AttemptKey, std::string>> exits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_TESTS_WORKERS_RECORDING_HANDLER_H_
