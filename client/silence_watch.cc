#include "client/silence_watch.h"

#include <utility>

namespace traind {

SilenceWatch::SilenceWatch(std::function<void()> give_up, absl::Duration timeout)
    : give_up_(std::move(give_up)), timeout_(timeout) {
  if (timeout == absl::InfiniteDuration()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { Watch(stop); });
}

SilenceWatch::Wait::Wait(SilenceWatch& watch) : watch_(watch) {
  std::lock_guard lock(watch_.mutex_);
  watch_.waiting_since_ = Clock::now();
}

SilenceWatch::Wait::~Wait() {
  std::lock_guard lock(watch_.mutex_);
  watch_.waiting_since_.reset();
}

void SilenceWatch::Watch(const std::stop_token& stop) {
  const Clock::duration timeout =
      std::chrono::duration_cast<Clock::duration>(absl::ToChronoNanoseconds(timeout_));
  std::unique_lock lock(mutex_);
  // Nobody wakes this thread: no wait can be over before the look that is next.
  Clock::time_point next_look = Clock::now() + timeout;
  while (true) {
    stopped_.wait_until(lock, stop, next_look, [] { return false; });
    if (stop.stop_requested()) return;
    const Clock::time_point now = Clock::now();
    if (waiting_since_.has_value() && now >= *waiting_since_ + timeout) break;
    next_look = waiting_since_.value_or(now) + timeout;
  }
  gave_up_ = true;
  lock.unlock();
  give_up_();
}

bool SilenceWatch::gave_up() const {
  std::lock_guard lock(mutex_);
  return gave_up_;
}

}  // namespace traind
