#ifndef TRAIND_SERVER_WORKERS_DISPATCHER_H_
#define TRAIND_SERVER_WORKERS_DISPATCHER_H_

#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace traind {

// One thread that runs work in the order in which it came: for calls that may
// block, off threads that must not. Bounded by its users: each has at most one
// piece of work in it at a time. Thread-safe.
class Dispatcher {
 public:
  Dispatcher() : thread_([this] { Loop(); }) {}
  Dispatcher(const Dispatcher&) = delete;
  // Runs what was posted, then ends the thread.
  ~Dispatcher();

  void Post(std::function<void()> work);

 private:
  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Last: starts when the rest is there.
  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_DISPATCHER_H_
