#include "server/serving/overload_pace.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

constexpr absl::Duration kExpected = absl::Milliseconds(10);

TEST(OverloadPaceTest, AtFirstThreeTenthsAreAdded) {
  EXPECT_EQ(OverloadPace().Cautious(absl::Seconds(1)), absl::Milliseconds(1300));
}

TEST(OverloadPaceTest, BatchesThatTakeTwiceAsLongDoubleIt) {
  OverloadPace pace;
  for (int i = 0; i < 200; ++i) pace.Learn(kExpected, 2 * kExpected, absl::Seconds(1));
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Cautious(absl::Seconds(1))), 2.6, 0.01);
}

TEST(OverloadPaceTest, WhatIsExpectedAgainIsBelievedAgain) {
  OverloadPace pace;
  for (int i = 0; i < 200; ++i) pace.Learn(kExpected, 2 * kExpected, absl::Seconds(1));
  for (int i = 0; i < 200; ++i) pace.Learn(kExpected, kExpected, absl::Seconds(1));
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Cautious(absl::Seconds(1))), 1.3, 0.01);
}

TEST(OverloadPaceTest, BatchesThatHardlyWaitedTeachNothing) {
  OverloadPace pace;
  const absl::Duration waited = OverloadPace::kWaitedMin - absl::Milliseconds(1);
  for (int i = 0; i < 200; ++i) pace.Learn(kExpected, 50 * kExpected, waited);
  EXPECT_EQ(pace.Cautious(absl::Seconds(1)), absl::Milliseconds(1300));
}

TEST(OverloadPaceTest, OnePauseOfTheMachineIsNoPace) {
  OverloadPace pace;
  pace.Learn(kExpected, absl::Minutes(1), absl::Seconds(1));
  EXPECT_LT(pace.Cautious(absl::Seconds(1)), absl::Milliseconds(1500));
}

}  // namespace
}  // namespace traind
