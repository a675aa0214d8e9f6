#include "server/runs/stored_metrics.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

v1::Event TrainStep(int64_t step) {
  v1::Event event;
  event.mutable_train_step()->set_step(step);
  return event;
}

TEST(StoredMetricsTest, AStepThatWasNotedIsARepeatAndTheNextIsNot) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100));
  EXPECT_TRUE(metrics.Contains(TrainStep(100)));
  EXPECT_TRUE(metrics.Contains(TrainStep(1)));
  EXPECT_FALSE(metrics.Contains(TrainStep(200)));
}

TEST(StoredMetricsTest, KindsAreToldApart) {
  StoredMetrics metrics;
  metrics.Note(TrainStep(100));
  v1::Event epoch;
  epoch.mutable_epoch_finished()->set_epoch(1);
  EXPECT_FALSE(metrics.Contains(epoch));
  metrics.Note(epoch);
  EXPECT_TRUE(metrics.Contains(epoch));
}

TEST(StoredMetricsTest, AMessageIsNeverARepeat) {
  StoredMetrics metrics;
  v1::Event message;
  message.mutable_message()->set_text("hello");
  metrics.Note(message);
  EXPECT_FALSE(metrics.Contains(message));
}

}  // namespace
}  // namespace traind
