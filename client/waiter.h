#ifndef TRAIND_CLIENT_WAITER_H_
#define TRAIND_CLIENT_WAITER_H_

#include <stop_token>

#include "absl/time/time.h"

namespace traind {

// Time as the client sees it; tests give their own, so that back-off takes no time.
// Implementations are safe for use by several threads.
class Waiter {
 public:
  virtual ~Waiter() = default;

  virtual absl::Time Now() = 0;
  // Returns after `duration`, or as soon as `stop` is requested.
  virtual void Wait(absl::Duration duration, std::stop_token stop) = 0;
};

// The machine's clock. Lives as long as the process.
Waiter& SystemWaiter();

}  // namespace traind

#endif  // TRAIND_CLIENT_WAITER_H_
