#include "client/backoff.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(BackoffTest, DelaysDoubleUpToTheCapWithJitterInTheUpperHalf) {
  const BackoffPolicy policy{.first = absl::Milliseconds(100), .max = absl::Milliseconds(1000)};
  Backoff backoff(policy, 1);
  for (int ceiling_ms : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const absl::Duration delay = backoff.Next();
    EXPECT_GE(delay, absl::Milliseconds(ceiling_ms) / 2);
    EXPECT_LE(delay, absl::Milliseconds(ceiling_ms));
  }
}

TEST(BackoffTest, ResetStartsOver) {
  const BackoffPolicy policy{.first = absl::Milliseconds(100), .max = absl::Seconds(60)};
  Backoff backoff(policy, 1);
  for (int i = 0; i < 8; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, TwoClientsDoNotComeBackTogether) {
  const BackoffPolicy policy;
  EXPECT_NE(Backoff(policy, 1).Next(), Backoff(policy, 2).Next());
}

}  // namespace
}  // namespace traind
