#include "server/serving/running_batches.h"

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"

namespace traind {
namespace {

class RunningBatchesTest : public ::testing::Test {
 protected:
  PendingPredict Call(int64_t row_count, absl::Duration deadline) {
    PendingPredict pending;
    pending.version = version_;
    pending.call.deadline = deadline;
    pending.row_count = row_count;
    pending.arrival = absl::Seconds(1);
    pending.done = [](const absl::StatusOr<Predicted>&) {};
    return pending;
  }

  // Two calls, of 2 rows with a deadline at 10 s and of 3 rows with one at 20 s.
  RunningBatch& AddTwo() {
    std::vector<PendingPredict> calls;
    calls.push_back(Call(2, absl::Seconds(10)));
    calls.push_back(Call(3, absl::Seconds(20)));
    return running_.Add(std::move(calls), absl::Seconds(4));
  }

  const std::shared_ptr<const v1::ModelVersion> version_ =
      std::make_shared<const v1::ModelVersion>(TwoClassVersion(7));
  RunningBatches running_;
};

TEST_F(RunningBatchesTest, ABatchHasTheRowsOfItsCalls) { EXPECT_EQ(AddTwo().row_count, 5); }

TEST_F(RunningBatchesTest, OnlyCallsWhoseDeadlineHasPassedAreTakenAndOnlyOnce) {
  RunningBatch& batch = AddTwo();
  batch.inputs_copied = true;
  EXPECT_TRUE(running_.TakeExpired(absl::Seconds(9)).empty());
  const std::vector<RunningBatches::Expired> expired = running_.TakeExpired(absl::Seconds(10));
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].call.row_count, 2);
  EXPECT_EQ(expired[0].call.version, version_);
  EXPECT_EQ(expired[0].queue_time, absl::Seconds(3));
  EXPECT_TRUE(expired[0].call.done);
  EXPECT_TRUE(running_.TakeExpired(absl::Seconds(10)).empty());
}

TEST_F(RunningBatchesTest, NobodyIsTakenWhileTheInputsAreStillRead) {
  AddTwo();
  EXPECT_TRUE(running_.TakeExpired(absl::Seconds(100)).empty());
}

TEST_F(RunningBatchesTest, WhatWasTakenKeepsItsPlaceInTheBatch) {
  RunningBatch& batch = AddTwo();
  batch.inputs_copied = true;
  running_.TakeExpired(absl::Seconds(10));
  const std::vector<PendingPredict> calls = running_.Remove(batch);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_FALSE(calls[0].done);
  EXPECT_EQ(calls[0].row_count, 2);
  EXPECT_TRUE(calls[1].done);
}

TEST_F(RunningBatchesTest, AStuckBatchIsToldOnceAndCountedUntilItComesBack) {
  RunningBatch& batch = AddTwo();
  EXPECT_TRUE(running_.FindStuck(absl::Seconds(33), absl::Seconds(30)).empty());
  const std::vector<StuckExecution> stuck =
      running_.FindStuck(absl::Seconds(34), absl::Seconds(30));
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].model, "two");
  EXPECT_EQ(stuck[0].version, 7);
  EXPECT_EQ(stuck[0].row_count, 5);
  EXPECT_EQ(stuck[0].elapsed, absl::Seconds(30));
  EXPECT_TRUE(running_.FindStuck(absl::Seconds(99), absl::Seconds(30)).empty());
  EXPECT_EQ(running_.stuck_count(), 1);
  running_.Remove(batch);
  EXPECT_EQ(running_.stuck_count(), 0);
}

TEST_F(RunningBatchesTest, TheExecutorsOfStuckBatchesAreKnownByVersion) {
  AddTwo();
  EXPECT_THAT(running_.StuckExecutors("two", 7), ::testing::IsEmpty());
  running_.FindStuck(absl::Seconds(34), absl::Seconds(30));
  EXPECT_THAT(running_.StuckExecutors("two", 7), ::testing::SizeIs(1));
  EXPECT_THAT(running_.StuckExecutors("two", 8), ::testing::IsEmpty());
  EXPECT_THAT(running_.StuckExecutors("three", 7), ::testing::IsEmpty());
}

}  // namespace
}  // namespace traind
