#include "server/serving/execution_cost.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

TEST(ExecutionCost, KnowsNothingAtFirst) {
  ExecutionCost cost;
  EXPECT_EQ(cost.Estimate(1), absl::ZeroDuration());
  EXPECT_EQ(cost.PerRow(), absl::ZeroDuration());
  EXPECT_EQ(cost.BestRows(64), 64);
}

TEST(ExecutionCost, EstimatesByTheNearestSizeThatIsKnown) {
  ExecutionCost cost;
  cost.Learn(1, absl::Milliseconds(10));
  cost.Learn(8, absl::Milliseconds(40));
  EXPECT_EQ(cost.Estimate(1), absl::Milliseconds(10));
  EXPECT_EQ(cost.Estimate(2), absl::Milliseconds(20));
  EXPECT_EQ(cost.Estimate(16), absl::Milliseconds(80));
  EXPECT_EQ(cost.PerRow(), absl::Milliseconds(5));
}

TEST(ExecutionCost, FollowsTimesThatChange) {
  ExecutionCost cost;
  cost.Learn(1, absl::Milliseconds(10));
  for (int i = 0; i < 50; ++i) cost.Learn(1, absl::Milliseconds(30));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(cost.Estimate(1)), 30, 0.1);
}

TEST(ExecutionCost, TriesTwiceTheLargestSizeWhileLargerIsCheaper) {
  ExecutionCost cost;
  cost.Learn(1, absl::Milliseconds(10));
  EXPECT_EQ(cost.BestRows(64), 2);
  cost.Learn(2, absl::Milliseconds(12));
  EXPECT_EQ(cost.BestRows(64), 4);
  cost.Learn(64, absl::Milliseconds(64));
  EXPECT_EQ(cost.BestRows(64), 64);
}

TEST(ExecutionCost, StaysWhereARowIsCheapestAndRarelyLooksFurther) {
  ExecutionCost cost;
  cost.Learn(1, absl::Milliseconds(10));
  cost.Learn(2, absl::Milliseconds(30));
  int twice = 0;
  for (int i = 0; i < 2 * ExecutionCost::kRetryEvery; ++i) {
    if (cost.BestRows(64) == 2) ++twice;
  }
  EXPECT_EQ(twice, 2);
}

TEST(ExecutionCost, TellsWhatTheBestSizeTakes) {
  ExecutionCost cost;
  EXPECT_EQ(cost.OfBestSize(), absl::ZeroDuration());
  cost.Learn(1, absl::Seconds(3));
  cost.Learn(4, absl::Seconds(4));
  cost.Learn(8, absl::Seconds(16));
  EXPECT_EQ(cost.OfBestSize(), absl::Seconds(4));
}

TEST(ExecutionCost, OfSizesThatAreAboutAsGoodTheLargestIsTaken) {
  ExecutionCost cost;
  cost.Learn(8, absl::Milliseconds(80));
  cost.Learn(16, absl::Milliseconds(164));
  cost.Learn(32, absl::Milliseconds(640));
  EXPECT_EQ(cost.BestRows(64), 16);
}

}  // namespace
}  // namespace traind
