#include "server/serving/prediction_statistics.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace traind {
namespace {

class PredictionStatisticsTest : public ::testing::Test {
 protected:
  PredictOutcome Outcome(const std::string& model = "s4", int64_t version = 3) {
    PredictOutcome outcome;
    outcome.model = model;
    outcome.version = version;
    outcome.row_count = 2;
    outcome.total_time = absl::Milliseconds(5);
    outcome.queue_time = absl::Milliseconds(1);
    return outcome;
  }

  Limits limits_;
  FakeClock clock_;
};

TEST_F(PredictionStatisticsTest, AVersionThatWasNeverAskedHasZeros) {
  const PredictionStatistics statistics(limits_, clock_);
  const VersionStatistics version = statistics.Of("s4", 3);
  EXPECT_EQ(version.model, "s4");
  EXPECT_EQ(version.version, 3);
  EXPECT_EQ(version.success.count, 0);
  EXPECT_EQ(version.last_inference, absl::InfinitePast());
}

TEST_F(PredictionStatisticsTest, ASuccessCountsItsRowsItsTimeAndItsWait) {
  PredictionStatistics statistics(limits_, clock_);
  statistics.OnPredict(Outcome());
  statistics.OnPredict(Outcome());
  const VersionStatistics version = statistics.Of("s4", 3);
  EXPECT_EQ(version.row_count, 4);
  EXPECT_EQ(version.success.count, 2);
  EXPECT_EQ(version.success.total, absl::Milliseconds(10));
  EXPECT_EQ(version.queue.count, 2);
  EXPECT_EQ(version.queue.total, absl::Milliseconds(2));
  EXPECT_EQ(version.last_inference, clock_.Now());
}

TEST_F(PredictionStatisticsTest, AFailureCountsAsOneAndNothingElse) {
  PredictionStatistics statistics(limits_, clock_);
  PredictOutcome failed = Outcome();
  failed.code = absl::StatusCode::kInvalidArgument;
  statistics.OnPredict(failed);
  const VersionStatistics version = statistics.Of("s4", 3);
  EXPECT_EQ(version.failure.count, 1);
  EXPECT_EQ(version.failure.total, absl::Milliseconds(5));
  EXPECT_EQ(version.success.count, 0);
  EXPECT_EQ(version.row_count, 0);
  EXPECT_EQ(version.last_inference, absl::InfinitePast());
}

TEST_F(PredictionStatisticsTest, ABatchIsOneExecutionAndAPartOfEachOfItsRequests) {
  PredictionStatistics statistics(limits_, clock_);
  const ComputeTimes times{absl::Microseconds(1), absl::Microseconds(20), absl::Microseconds(3)};
  statistics.OnBatch({"s4", 3, /*call_count=*/4, /*row_count=*/8, times});
  const VersionStatistics version = statistics.Of("s4", 3);
  EXPECT_EQ(version.execution_count, 1);
  EXPECT_EQ(version.compute.infer.count, 4);
  EXPECT_EQ(version.compute.infer.total, absl::Microseconds(80));
  ASSERT_EQ(version.batches.count(8), 1);
  EXPECT_EQ(version.batches.at(8).input.count, 1);
  EXPECT_EQ(version.batches.at(8).output.total, absl::Microseconds(3));
}

TEST_F(PredictionStatisticsTest, AClockThatIsSetBackTakesNothingAway) {
  PredictionStatistics statistics(limits_, clock_);
  statistics.OnPredict(Outcome());
  const absl::Time first = clock_.Now();
  clock_.SetBack(absl::Hours(1));
  PredictOutcome backwards = Outcome();
  backwards.total_time = -absl::Seconds(1);
  statistics.OnPredict(backwards);
  EXPECT_EQ(statistics.Of("s4", 3).last_inference, first);
  EXPECT_EQ(statistics.Of("s4", 3).success.total, absl::Milliseconds(5));
}

TEST_F(PredictionStatisticsTest, RequestsForNoKnownModelLeaveNoTrace) {
  PredictionStatistics statistics(limits_, clock_);
  statistics.OnPredict(Outcome("", 0));
  EXPECT_EQ(statistics.Of("", 0).success.count, 0);
}

TEST_F(PredictionStatisticsTest, PastTheBoundTheOneLongestNotAskedIsForgotten) {
  limits_.statistics_versions_max = 2;
  PredictionStatistics statistics(limits_, clock_);
  for (const int64_t version : {1, 2, 1, 3}) statistics.OnPredict(Outcome("s4", version));
  EXPECT_EQ(statistics.Of("s4", 1).success.count, 2);
  EXPECT_EQ(statistics.Of("s4", 2).success.count, 0);
  EXPECT_EQ(statistics.Of("s4", 3).success.count, 1);
}

TEST_F(PredictionStatisticsTest, ManyThreadsLoseNothing) {
  PredictionStatistics statistics(limits_, clock_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      int64_t seen = 0;
      for (int j = 0; j < 1000; ++j) {
        statistics.OnPredict(Outcome());
        const int64_t now = statistics.Of("s4", 3).success.count;
        EXPECT_GT(now, seen);
        seen = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(statistics.Of("s4", 3).success.count, 4000);
}

TEST_F(PredictionStatisticsTest, TheNextObserverHearsEverything) {
  PredictionStatistics next(limits_, clock_);
  PredictionStatistics statistics(limits_, clock_, &next);
  statistics.OnPredict(Outcome());
  statistics.OnBatch({"s4", 3, 1, 2, {}});
  EXPECT_EQ(next.Of("s4", 3).success.count, 1);
  EXPECT_EQ(next.Of("s4", 3).execution_count, 1);
}

}  // namespace
}  // namespace traind
