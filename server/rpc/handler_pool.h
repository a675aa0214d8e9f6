#ifndef TRAIND_SERVER_RPC_HANDLER_POOL_H_
#define TRAIND_SERVER_RPC_HANDLER_POOL_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace traind {

// A fixed number of threads for handlers that may block on the store, so that
// gRPC's own threads never do. Thread-safe.
class HandlerPool {
 public:
  // At most `queue_max` tasks wait for one of `thread_count` threads;
  // `queue_name` is what the refusal calls the bound.
  HandlerPool(std::string queue_name, int thread_count, int queue_max);
  HandlerPool(const HandlerPool&) = delete;
  // Runs what is queued, then joins.
  ~HandlerPool();

  // Runs the task soon on one of the threads. RESOURCE_EXHAUSTED when the queue
  // is full: the task is dropped. Never blocks.
  absl::Status Submit(std::function<void()> task);

 private:
  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  // Constant after construction.
  const std::string queue_name_;
  const int queue_max_;

  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_HANDLER_POOL_H_
