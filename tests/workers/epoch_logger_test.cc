#include "server/worker_link/epoch_logger.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

class CountingReporter : public TrainingReporter {
 public:
  void Report(v1::Event event) override { ++event_count; }
  void ReportProgress(const v1::Progress& progress) override { ++progress_count; }
  absl::Status Flush() override { return absl::UnavailableError("no server"); }

  int event_count = 0;
  int progress_count = 0;
};

class EpochLoggerTest : public testing::Test {
 protected:
  CountingReporter next_;
  std::vector<v1::Event> logged_;
  EpochLogger logger_{next_, [this](const v1::Event& event) { logged_.push_back(event); }};
};

TEST_F(EpochLoggerTest, LogsFinishedEpochs) {
  v1::Event event;
  event.mutable_epoch_finished()->set_epoch(3);
  logger_.Report(event);
  ASSERT_EQ(logged_.size(), 1u);
  EXPECT_EQ(logged_[0].epoch_finished().epoch(), 3);
}

TEST_F(EpochLoggerTest, LogsMessages) {
  v1::Event event;
  event.mutable_message()->set_text("a checkpoint was slow");
  logger_.Report(event);
  ASSERT_EQ(logged_.size(), 1u);
  EXPECT_EQ(logged_[0].message().text(), "a checkpoint was slow");
}

TEST_F(EpochLoggerTest, IsSilentAboutSteps) {
  v1::Event event;
  event.mutable_train_step()->set_step(7);
  logger_.Report(event);
  EXPECT_THAT(logged_, testing::IsEmpty());
}

TEST_F(EpochLoggerTest, PassesEverythingOn) {
  logger_.Report(v1::Event());
  logger_.Report(v1::Event());
  logger_.ReportProgress(v1::Progress());
  EXPECT_EQ(next_.event_count, 2);
  EXPECT_EQ(next_.progress_count, 1);
}

TEST_F(EpochLoggerTest, HandsFlushOn) {
  EXPECT_EQ(logger_.Flush(), absl::UnavailableError("no server"));
}

}  // namespace
}  // namespace traind
