#include "client/waiter.h"

#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"

namespace traind {
namespace {

class ClockWaiter final : public Waiter {
 public:
  absl::Time Now() override { return absl::Now(); }

  void Wait(absl::Duration duration, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, absl::ToChronoNanoseconds(duration), [] { return false; });
  }
};

}  // namespace

Waiter& SystemWaiter() {
  static ClockWaiter* waiter = new ClockWaiter;
  return *waiter;
}

}  // namespace traind
