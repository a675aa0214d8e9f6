#include "server/worker_link/stop_signals.h"

#include <unistd.h>

#include <csignal>
#include <stop_token>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

class StopSignalsTest : public testing::TestWithParam<int> {};

TEST_P(StopSignalsTest, TheSignalBecomesAStop) {
  std::stop_source stop;
  absl::Notification stopped;
  const std::stop_callback callback(stop.get_token(), [&] { stopped.Notify(); });
  const StopSignals signals(stop);
  kill(getpid(), GetParam());
  EXPECT_TRUE(stopped.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

INSTANTIATE_TEST_SUITE_P(Both, StopSignalsTest, testing::Values(SIGTERM, SIGINT));

TEST(StopSignalsEndTest, EndsWithoutAStop) {
  std::stop_source stop;
  { const StopSignals signals(stop); }
  EXPECT_FALSE(stop.stop_requested());
}

}  // namespace
}  // namespace traind
