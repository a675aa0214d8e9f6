#include "server/signal_waiter.h"

#include <pthread.h>

#include <utility>

namespace traind {

SignalWaiter::SignalWaiter(std::function<void()> on_user_signal)
    : on_user_signal_(std::move(on_user_signal)) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int SignalWaiter::Wait() const {
  while (true) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0) continue;
    if (signal != SIGUSR1) return signal;
    on_user_signal_();
  }
}

}  // namespace traind
