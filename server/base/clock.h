#ifndef TRAIND_SERVER_BASE_CLOCK_H_
#define TRAIND_SERVER_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace traind {

// Tells the time. Thread-safe. Injected, so that tests need no sleep.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's wall clock. Lives for the whole process.
const Clock& RealClock();

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_CLOCK_H_
