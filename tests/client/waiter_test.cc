#include "client/waiter.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(WaiterTest, StopEndsAWaitThatWouldTakeForEver) {
  std::stop_source stop;
  stop.request_stop();
  SystemWaiter().Wait(absl::Hours(1000), stop.get_token());
}

TEST(WaiterTest, WaitLastsAtLeastItsDuration) {
  const absl::Time before = SystemWaiter().Now();
  SystemWaiter().Wait(absl::Milliseconds(2), {});
  EXPECT_GE(SystemWaiter().Now() - before, absl::Milliseconds(1));
}

}  // namespace
}  // namespace traind
