#ifndef TRAIND_SERVER_TICKER_H_
#define TRAIND_SERVER_TICKER_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace traind {

// Calls a function again and again on a thread of its own until destroyed.
class Ticker {
 public:
  Ticker(absl::Duration interval, std::function<void()> tick);
  Ticker(const Ticker&) = delete;
  // Waits for a tick that is under way.
  ~Ticker();

 private:
  void Loop();

  // Constant after construction.
  const absl::Duration interval_;
  const std::function<void()> tick_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TICKER_H_
