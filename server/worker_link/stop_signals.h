#ifndef TRAIND_SERVER_WORKER_LINK_STOP_SIGNALS_H_
#define TRAIND_SERVER_WORKER_LINK_STOP_SIGNALS_H_

#include <signal.h>

#include <atomic>
#include <stop_token>
#include <thread>

namespace traind {

// Turns SIGTERM and SIGINT into a stop. Make it on the main thread before any
// other thread starts: they inherit that the signals are blocked.
class StopSignals {
 public:
  explicit StopSignals(std::stop_source stop);
  StopSignals(const StopSignals&) = delete;
  // Both signals stay blocked.
  ~StopSignals();

 private:
  void Loop();

  std::stop_source stop_;
  sigset_t signals_;
  std::atomic<bool> ending_ = false;
  // Last: starts when the rest is there.
  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_STOP_SIGNALS_H_
