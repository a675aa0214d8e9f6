#include "server/worker_link/epoch_logger.h"

#include <string>
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
  std::vector<std::string> lines_;
  EpochLogger logger_{next_, [this](absl::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(EpochLoggerTest, SaysOneLinePerEpoch) {
  v1::Event event;
  v1::EpochFinished& epoch = *event.mutable_epoch_finished();
  epoch.set_epoch(3);
  epoch.set_train_loss(0.04126);
  epoch.set_eval_loss(0.0772);
  epoch.set_eval_correct_count(9779);
  epoch.set_eval_sample_count(10000);
  epoch.set_train_seconds(22.5);
  epoch.set_eval_seconds(1.25);
  logger_.Report(event);
  EXPECT_THAT(lines_, testing::ElementsAre("epoch 3: train loss 0.0413, eval loss 0.0772, "
                                           "accuracy 9779/10000 (97.79%), 23.8 s"));
}

TEST_F(EpochLoggerTest, SaysMessages) {
  v1::Event event;
  event.mutable_message()->set_text("a checkpoint was slow");
  logger_.Report(event);
  EXPECT_THAT(lines_, testing::ElementsAre("a checkpoint was slow"));
}

TEST_F(EpochLoggerTest, IsSilentAboutSteps) {
  v1::Event event;
  event.mutable_train_step()->set_step(7);
  logger_.Report(event);
  EXPECT_THAT(lines_, testing::IsEmpty());
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
