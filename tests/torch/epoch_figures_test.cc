#include "server/torch/train/epoch_figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace traind {
namespace {

StepResult Result(float loss, int64_t correct_count) {
  return {at::scalar_tensor(loss), at::scalar_tensor(correct_count, at::kLong)};
}

TEST(EpochFigures, WeighLossesByTheRowsOfTheirBatch) {
  EpochFigures figures(3, at::kCPU);
  figures.Record(Result(1.0f, 3), 4);
  figures.Record(Result(2.0f, 4), 4);
  figures.Record(Result(6.0f, 1), 2);
  EXPECT_EQ(figures.Fetch(), std::nullopt);

  v1::EpochFinished epoch;
  figures.Describe(epoch);

  EXPECT_EQ(epoch.step_count(), 3);
  EXPECT_EQ(epoch.last_loss(), 6.0f);
  EXPECT_DOUBLE_EQ(epoch.train_loss(), (1.0 * 4 + 2.0 * 4 + 6.0 * 2) / 10);
  EXPECT_EQ(epoch.train_correct_count(), 8);
  EXPECT_EQ(epoch.train_sample_count(), 10);
}

TEST(EpochFigures, FindTheFirstBadLossAmongThoseFetchedLate) {
  EpochFigures figures(6, at::kCPU);
  figures.Record(Result(1, 0), 1);
  EXPECT_EQ(figures.Fetch(), std::nullopt);
  figures.Record(Result(2, 0), 1);
  figures.Record(Result(std::numeric_limits<float>::infinity(), 0), 1);
  figures.Record(Result(std::numeric_limits<float>::quiet_NaN(), 0), 1);
  EXPECT_EQ(figures.Fetch(), 2);
  EXPECT_EQ(figures.loss(1), 2);
}

TEST(EpochFigures, FetchNothingTwice) {
  EpochFigures figures(2, at::kCPU);
  figures.Record(Result(1, 0), 1);
  figures.Fetch();
  EXPECT_EQ(figures.Fetch(), std::nullopt);
  figures.Record(Result(3, 0), 1);
  figures.Fetch();
  EXPECT_EQ(figures.loss(0), 1);
  EXPECT_EQ(figures.loss(1), 3);
}

TEST(EpochFigures, DoNotKeepAReferenceToTheStepsLoss) {
  EpochFigures figures(1, at::kCPU);
  const StepResult result = Result(1, 0);
  figures.Record(result, 1);
  result.loss.fill_(7);  // a step may use its memory again
  figures.Fetch();
  EXPECT_EQ(figures.loss(0), 1);
}

}  // namespace
}  // namespace traind
