#include "server/oip/model_statistics.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

TEST(ModelStatisticsTest, CountersKeepTheirMeaning) {
  VersionStatistics version;
  version.model = "s4";
  version.version = 3;
  version.last_inference = absl::FromUnixMillis(1700000000123);
  version.row_count = 40;
  version.execution_count = 2;
  version.success = {.count = 10, .total = absl::Milliseconds(3)};
  version.failure = {.count = 1, .total = absl::Microseconds(4)};
  version.queue = {.count = 9, .total = absl::Nanoseconds(5)};
  version.compute.input = {.count = 8, .total = absl::Nanoseconds(6)};
  version.compute.infer = {.count = 7, .total = absl::Seconds(7)};
  version.compute.output = {.count = 6, .total = absl::Nanoseconds(8)};
  const inference::ModelStatisticsResponse response = DescribeStatistics({{version}});
  ASSERT_EQ(response.model_stats_size(), 1);
  const inference::ModelStatistics& model = response.model_stats(0);
  EXPECT_EQ(model.name(), "s4");
  EXPECT_EQ(model.version(), "3");
  EXPECT_EQ(model.last_inference(), 1700000000123u);
  EXPECT_EQ(model.inference_count(), 40u);
  EXPECT_EQ(model.execution_count(), 2u);
  const inference::InferStatistics& requests = model.inference_stats();
  EXPECT_EQ(requests.success().count(), 10u);
  EXPECT_EQ(requests.success().ns(), 3'000'000u);
  EXPECT_EQ(requests.fail().count(), 1u);
  EXPECT_EQ(requests.fail().ns(), 4'000u);
  EXPECT_EQ(requests.queue().count(), 9u);
  EXPECT_EQ(requests.queue().ns(), 5u);
  EXPECT_EQ(requests.compute_input().count(), 8u);
  EXPECT_EQ(requests.compute_input().ns(), 6u);
  EXPECT_EQ(requests.compute_infer().count(), 7u);
  EXPECT_EQ(requests.compute_infer().ns(), 7'000'000'000u);
  EXPECT_EQ(requests.compute_output().count(), 6u);
  EXPECT_EQ(requests.compute_output().ns(), 8u);
}

TEST(ModelStatisticsTest, BatchesAreBySize) {
  VersionStatistics version;
  version.batches[32].infer = {.count = 2, .total = absl::Nanoseconds(9)};
  version.batches[1].infer = {.count = 5, .total = absl::Nanoseconds(4)};
  const inference::ModelStatistics model = DescribeStatistics({{version}}).model_stats(0);
  ASSERT_EQ(model.batch_stats_size(), 2);
  EXPECT_EQ(model.batch_stats(0).batch_size(), 1u);
  EXPECT_EQ(model.batch_stats(0).compute_infer().count(), 5u);
  EXPECT_EQ(model.batch_stats(1).batch_size(), 32u);
  EXPECT_EQ(model.batch_stats(1).compute_infer().ns(), 9u);
}

TEST(ModelStatisticsTest, AVersionThatWasNeverAskedHasNoLastInference) {
  EXPECT_EQ(DescribeStatistics({{VersionStatistics()}}).model_stats(0).last_inference(), 0u);
}

}  // namespace
}  // namespace traind
