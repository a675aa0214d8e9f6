#ifndef TRAIND_SERVER_SIGNAL_WAITER_H_
#define TRAIND_SERVER_SIGNAL_WAITER_H_

#include <signal.h>

#include <functional>

namespace traind {

// Takes SIGINT, SIGTERM and SIGUSR1 as values instead of interruptions. Make it
// on the main thread before any other thread starts: they inherit that the
// signals are blocked. Child processes inherit it too and must unblock them.
class SignalWaiter {
 public:
  // `on_user_signal` is what SIGUSR1 does, on the thread that waits.
  explicit SignalWaiter(std::function<void()> on_user_signal);

  // Blocks until SIGINT or SIGTERM comes, and returns it.
  int Wait() const;

 private:
  const std::function<void()> on_user_signal_;
  sigset_t signals_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SIGNAL_WAITER_H_
