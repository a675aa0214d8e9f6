#ifndef TRAIND_SERVER_WORKERS_ATTACHED_WORKERS_H_
#define TRAIND_SERVER_WORKERS_ATTACHED_WORKERS_H_

#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/runs/worker_launcher.h"

namespace traind {

// The sending side of a worker's stream.
class StopSender {
 public:
  virtual ~StopSender() = default;

  // Sends a stop, or nothing when the stream has ended. Does not block. Thread-safe.
  virtual void SendStop(absl::Duration grace) = 0;
};

// Which attempts have a stream, and how many streams there are. Thread-safe.
class AttachedWorkers {
 public:
  // ALREADY_EXISTS when the attempt has a stream.
  absl::Status Add(const AttemptKey& attempt, std::shared_ptr<StopSender> sender);
  void Remove(const AttemptKey& attempt);

  // Nothing happens when the attempt has no stream.
  void RequestStop(const AttemptKey& attempt, absl::Duration grace);

  // Counts streams, those without an attempt yet included.
  void StreamBegins();
  void StreamEnds();
  void WaitForNoStreams() const;

 private:
  bool NoStreams() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stream_count_ == 0; }

  mutable absl::Mutex mutex_;
  std::map<AttemptKey, std::shared_ptr<StopSender>> senders_ ABSL_GUARDED_BY(mutex_);
  int stream_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_ATTACHED_WORKERS_H_
