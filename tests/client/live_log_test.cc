#include "client/trainctl/live_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "tests/client/run_events.h"

namespace traind {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kClear[] = "\r\x1b[K";

v1::Progress ProgressAt(int epoch, int64_t step) {
  v1::Progress progress;
  progress.set_epoch(epoch);
  progress.set_step_in_epoch(step);
  progress.set_step_count(938);
  progress.set_loss(0.5f);
  progress.set_elapsed_seconds(10);
  return progress;
}

class LiveLogTest : public testing::Test {
 protected:
  std::ostringstream out_;
  int columns_ = 101;
  std::unique_ptr<LiveLog> log_ = std::make_unique<LiveLog>(out_, [this] { return columns_; });
};

TEST_F(LiveLogTest, BarIsRedrawnInPlaceAcrossTheTerminal) {
  log_->OnProgress(ProgressAt(1, 400));
  log_->OnProgress(ProgressAt(1, 469));
  EXPECT_THAT(out_.str(),
              EndsWith(std::string(kClear) +
                       "loss=0.5 batch_id=468:  50%|███████████████████                 "
                       "  | 469/938 [00:10<00:10, 46.90it/s]"));
}

TEST_F(LiveLogTest, BarFollowsTheWidthOfTheTerminal) {
  columns_ = 61;
  log_->OnProgress(ProgressAt(1, 469));
  EXPECT_THAT(out_.str(), EndsWith("batch_id=468:  50%|▌| 469/938 [00:10<00:10, 46.90it"));
}

TEST_F(LiveLogTest, FinishedEpochReplacesItsBarAndStays) {
  log_->OnProgress(ProgressAt(1, 469));
  log_->OnEvent(EpochEvent(1, FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779)));
  log_.reset();
  EXPECT_THAT(out_.str(),
              EndsWith("938/938 [00:20<00:00, 46.90it/s]\n\n"
                       "Test set: Average loss: 0.0772, Accuracy: 9779/10000 (97.79%)\n"));
}

TEST_F(LiveLogTest, ProgressOfAFinishedEpochIsNotDrawnAgain) {
  log_->OnEvent(EpochEvent(1, FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779)));
  const std::string before = out_.str();
  log_->OnProgress(ProgressAt(1, 938));
  EXPECT_EQ(out_.str(), before);
}

TEST_F(LiveLogTest, WhatARunWaitsForIsShownInPlace) {
  log_->OnEvent(StateEvent(1, v1::RUN_STATE_UNSPECIFIED, v1::RUN_STATE_QUEUED, "waiting"));
  EXPECT_EQ(out_.str(), std::string(kClear) + "s4-1 QUEUED: waiting");
}

TEST_F(LiveLogTest, MessageIsPrintedAboveTheBar) {
  log_->OnEvent(StateEvent(1, v1::RUN_STATE_UNSPECIFIED, v1::RUN_STATE_QUEUED, "waiting"));
  log_->OnEvent(MessageEvent(2, "slot found"));
  EXPECT_THAT(out_.str(), EndsWith(std::string(kClear) + "s4-1 slot found\ns4-1 QUEUED: waiting"));
}

TEST_F(LiveLogTest, RedrawnLineIsGoneAtTheEnd) {
  log_->OnProgress(ProgressAt(1, 469));
  log_.reset();
  EXPECT_THAT(out_.str(), EndsWith(kClear));
}

TEST_F(LiveLogTest, LostConnectionIsShown) {
  log_->OnReconnect(absl::UnavailableError("x"), absl::Seconds(1));
  EXPECT_THAT(out_.str(), HasSubstr("connection lost"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace traind
