#include "client/silence_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

namespace traind {
namespace {

TEST(SilenceWatchTest, AWaitThatLastsTooLongIsGivenUp) {
  std::binary_semaphore given_up(0);
  SilenceWatch watch([&] { given_up.release(); }, absl::Milliseconds(5));
  const SilenceWatch::Wait wait(watch);
  given_up.acquire();
  EXPECT_TRUE(watch.gave_up());
}

TEST(SilenceWatchTest, TimeInWhichNobodyWaitsIsNoSilence) {
  std::atomic<int> given_up = 0;
  SilenceWatch idle([&] { ++given_up; }, absl::Milliseconds(5));
  // Another one gives up four times as late: by then the first would have, too.
  std::binary_semaphore later(0);
  SilenceWatch busy([&] { later.release(); }, absl::Milliseconds(20));
  const SilenceWatch::Wait wait(busy);
  later.acquire();
  EXPECT_EQ(given_up, 0);
  EXPECT_FALSE(idle.gave_up());
}

TEST(SilenceWatchTest, WithoutALimitNothingIsGivenUp) {
  SilenceWatch watch([] {}, absl::InfiniteDuration());
  { const SilenceWatch::Wait wait(watch); }
  EXPECT_FALSE(watch.gave_up());
}

}  // namespace
}  // namespace traind
