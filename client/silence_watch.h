#ifndef TRAIND_CLIENT_SILENCE_WATCH_H_
#define TRAIND_CLIENT_SILENCE_WATCH_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "absl/time/time.h"

namespace traind {

// Notices that a thread has waited for a peer for too long, and gives up for it,
// by a thread of its own. Thread-safe; one thread waits at a time.
class SilenceWatch {
 public:
  // `give_up` is called once, from another thread, when one wait has lasted for
  // `timeout`; an infinite one never does. It must make the wait end.
  SilenceWatch(std::function<void()> give_up, absl::Duration timeout);
  SilenceWatch(const SilenceWatch&) = delete;
  // `give_up` is not called any more once this has returned.
  ~SilenceWatch() = default;

  // Waits for the peer as long as it lives. What is done between two waits, such as
  // handling what has come, is no silence.
  class Wait {
   public:
    explicit Wait(SilenceWatch& watch);
    Wait(const Wait&) = delete;
    ~Wait();

   private:
    SilenceWatch& watch_;
  };

  bool gave_up() const;

 private:
  using Clock = std::chrono::steady_clock;

  void Watch(const std::stop_token& stop);

  // Constant after construction.
  const std::function<void()> give_up_;
  const absl::Duration timeout_;

  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::optional<Clock::time_point> waiting_since_;  // guarded by mutex_
  bool gave_up_ = false;                            // guarded by mutex_

  std::jthread thread_;  // last: uses the others
};

}  // namespace traind

#endif  // TRAIND_CLIENT_SILENCE_WATCH_H_
