#include "server/worker_link/stop_signals.h"

#include <utility>

namespace traind {

StopSignals::StopSignals(std::stop_source stop) : stop_(std::move(stop)) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { Loop(); });
}

StopSignals::~StopSignals() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void StopSignals::Loop() {
  while (true) {
    int number = 0;
    sigwait(&signals_, &number);
    if (ending_) return;
    stop_.request_stop();
  }
}

}  // namespace traind
