#include "server/torch/checkpoint/checkpoint_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace traind {
namespace {

using ::testing::ElementsAre;

v1::EpochFinished Epoch(int64_t correct_count, double loss) {
  v1::EpochFinished epoch;
  epoch.set_eval_correct_count(correct_count);
  epoch.set_eval_loss(loss);
  return epoch;
}

v1::Selection By(v1::SelectionMetric metric) {
  v1::Selection selection;
  selection.set_metric(metric);
  return selection;
}

// Steps of what is kept of epochs with these scores, one every ten steps.
std::vector<int64_t> StepsKept(const std::vector<double>& scores, int keep_best, int keep_last) {
  v1::CheckpointPolicy policy;
  policy.set_keep_best(keep_best);
  policy.set_keep_last(keep_last);
  std::vector<KeptCheckpoint> kept;
  int64_t step = 0;
  for (double score : scores) {
    kept.push_back({step += 10, score});
    kept = Retain(kept, policy);
  }
  std::vector<int64_t> steps;
  for (const KeptCheckpoint& checkpoint : kept) steps.push_back(checkpoint.step);
  return steps;
}

TEST(EpochScore, IsLargerForMoreRightRowsOrLessLoss) {
  const v1::Selection accuracy = By(v1::SELECTION_METRIC_ACCURACY);
  const v1::Selection loss = By(v1::SELECTION_METRIC_LOSS);
  EXPECT_GT(EpochScore(accuracy, Epoch(91, 0.9)), EpochScore(accuracy, Epoch(90, 0.1)));
  EXPECT_GT(EpochScore(loss, Epoch(10, 0.4)), EpochScore(loss, Epoch(99, 0.5)));
  EXPECT_GT(EpochScore(loss, Epoch(0, 1e30)),
            EpochScore(loss, Epoch(0, std::numeric_limits<double>::quiet_NaN())));
}

TEST(IsBest, HoldsForTheLaterOneOnATie) {
  EXPECT_TRUE(IsBest(1, {}));
  EXPECT_TRUE(IsBest(1, {{10, 1.0}, {20, std::nullopt}}));
  EXPECT_FALSE(IsBest(1, {{10, 1.5}, {20, 0.5}}));
}

TEST(Retain, KeepsTheNewestAndTheBestByDefault) {
  EXPECT_THAT(StepsKept({1, 3, 2, 2.5}, 0, 0), ElementsAre(20, 40));
  EXPECT_THAT(StepsKept({1, 2, 3}, 0, 0), ElementsAre(30));
}

TEST(Retain, KeepsTheBestFewAndTheLastFew) {
  EXPECT_THAT(StepsKept({5, 4, 3, 2, 1}, 2, 2), ElementsAre(10, 20, 40, 50));
  EXPECT_THAT(StepsKept({1, 2, 3, 4, 5}, 2, 3), ElementsAre(30, 40, 50));
}

TEST(Retain, PrefersTheLaterOfEqualScores) {
  EXPECT_THAT(StepsKept({1, 7, 7, 2}, 1, 1), ElementsAre(30, 40));
}

TEST(Retain, DoesNotCountOnesWithinAnEpochAmongTheBest) {
  EXPECT_THAT(Retain({{10, 1.0}, {15, std::nullopt}, {18, std::nullopt}}, {}),
              ElementsAre(KeptCheckpoint{10, 1.0}, KeptCheckpoint{18, std::nullopt}));
}

}  // namespace
}  // namespace traind
