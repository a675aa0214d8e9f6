#ifndef TRAIND_SERVER_BASE_CLOCK_H_
#define TRAIND_SERVER_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace traind {

// Tells the time. Thread-safe. Injected, so that tests need no sleep.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  // Time since some moment before the process began: what passes is measured by
  // it, since people and programs set the other one forth and back.
  virtual absl::Duration Monotonic() const = 0;
};

// The machine's clocks. Lives for the whole process.
const Clock& RealClock();

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_CLOCK_H_
