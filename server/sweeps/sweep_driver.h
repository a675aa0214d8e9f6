#ifndef TRAIND_SERVER_SWEEPS_SWEEP_DRIVER_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_DRIVER_H_

#include <atomic>
#include <thread>

#include "server/sweeps/sweep_inbox.h"
#include "server/sweeps/sweep_service.h"

namespace traind {

// A thread that has sweeps advance as soon as one of their runs has changed, and every
// second for what could not be done before.
class SweepDriver {
 public:
  // Both must outlive the driver.
  SweepDriver(SweepService& sweeps, SweepInbox& inbox);
  SweepDriver(const SweepDriver&) = delete;
  // Waits for an advance that is under way.
  ~SweepDriver();

 private:
  void Loop();

  // Each synchronises itself.
  SweepService& sweeps_;
  SweepInbox& inbox_;
  std::atomic<bool> stopping_ = false;
  // Last: starts when the rest is there.
  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_DRIVER_H_
