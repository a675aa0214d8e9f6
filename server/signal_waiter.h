#ifndef TRAIND_SERVER_SIGNAL_WAITER_H_
#define TRAIND_SERVER_SIGNAL_WAITER_H_

#include <signal.h>

namespace traind {

// Takes SIGINT and SIGTERM as values instead of interruptions. Make it on the
// main thread before any other thread starts: they inherit that the signals are
// blocked. Child processes inherit it too and must unblock them.
class SignalWaiter {
 public:
  SignalWaiter();

  // Blocks until one of the signals comes, and returns it.
  int Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SIGNAL_WAITER_H_
