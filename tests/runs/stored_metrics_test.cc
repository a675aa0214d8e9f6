#include "server/runs/stored_metrics.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

using Match = StoredMetrics::Match;

v1::Event TrainStep(int64_t step, float loss = 0.5) {
  v1::Event event;
  event.mutable_train_step()->set_step(step);
  event.mutable_train_step()->set_loss(loss);
  return event;
}

v1::Event EpochFinished(int epoch, double eval_loss, double seconds) {
  v1::Event event;
  event.mutable_epoch_finished()->set_epoch(epoch);
  event.mutable_epoch_finished()->set_eval_loss(eval_loss);
  event.mutable_epoch_finished()->set_train_seconds(seconds);
  event.mutable_epoch_finished()->set_eval_seconds(seconds);
  event.mutable_epoch_finished()->set_data_wait_seconds(seconds);
  return event;
}

v1::Event Checkpoint(int64_t step, int64_t size_bytes) {
  v1::Event event;
  event.mutable_checkpoint_written()->set_step(step);
  event.mutable_checkpoint_written()->set_size_bytes(size_bytes);
  return event;
}

TEST(StoredMetricsTest, AStepThatWasNotedIsARepeatAndTheNextIsNew) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100));
  EXPECT_EQ(metrics.Compare(TrainStep(100)), Match::kRepeat);
  EXPECT_EQ(metrics.Compare(TrainStep(200)), Match::kNew);
}

TEST(StoredMetricsTest, AStepBeforeTheNewestIsARepeatToo) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100));
  EXPECT_EQ(metrics.Compare(TrainStep(1)), Match::kRepeat);
}

TEST(StoredMetricsTest, AnotherLossOfTheSameStepDiffers) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100, 0.5f));
  EXPECT_EQ(metrics.Compare(TrainStep(100, 0.50000006f)), Match::kDiffers);
}

TEST(StoredMetricsTest, TimesMayDifferAndFiguresMayNot) {
  StoredMetrics metrics;
  metrics.Note(EpochFinished(1, 0.25, 10));
  EXPECT_EQ(metrics.Compare(EpochFinished(1, 0.25, 99)), Match::kRepeat);
  EXPECT_EQ(metrics.Compare(EpochFinished(1, 0.26, 10)), Match::kDiffers);
}

TEST(StoredMetricsTest, ACheckpointIsKnownByItsStepAlone) {
  StoredMetrics metrics;
  metrics.Note(Checkpoint(938, 1000));
  EXPECT_EQ(metrics.Compare(Checkpoint(938, 1001)), Match::kRepeat);
  EXPECT_EQ(metrics.Compare(Checkpoint(1876, 1000)), Match::kNew);
}

TEST(StoredMetricsTest, KindsAreToldApart) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100));
  EXPECT_EQ(metrics.Compare(EpochFinished(1, 0, 0)), Match::kNew);
}

TEST(StoredMetricsTest, AMessageIsNeverARepeat) {
  StoredMetrics metrics;
  v1::Event message;
  message.mutable_message()->set_text("hello");
  metrics.Note(message);
  EXPECT_EQ(metrics.Compare(message), Match::kNew);
}

TEST(StoredMetricsTest, PastItsBoundAnOldStepIsRecognisedButNotCompared) {
  StoredMetrics metrics(/*compared_max=*/2);
  for (int64_t step : {1, 2, 3}) metrics.Note(TrainStep(step));
  EXPECT_EQ(metrics.Compare(TrainStep(1, 9)), Match::kRepeat);
  EXPECT_EQ(metrics.Compare(TrainStep(2, 9)), Match::kDiffers);
}

}  // namespace
}  // namespace traind
