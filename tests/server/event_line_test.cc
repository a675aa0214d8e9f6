#include "server/event_line.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/logging.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EventLineTest : public testing::Test {
 protected:
  EventLineTest() {
    testing::internal::CaptureStderr();
    StartLogging({});
  }
  static std::string Text() { return testing::internal::GetCapturedStderr(); }
};

TEST_F(EventLineTest, AnEpochIsOneLineWithItsFigures) {
  v1::EpochFinished epoch;
  epoch.set_epoch(3);
  epoch.set_train_loss(0.04126);
  epoch.set_eval_loss(0.0772);
  epoch.set_eval_correct_count(9779);
  epoch.set_eval_sample_count(10000);
  epoch.set_train_seconds(22.5);
  epoch.set_eval_seconds(1.25);
  LogEpoch(epoch, 19, {{"run", "s4-1"}});
  EXPECT_THAT(Text(), HasSubstr(" info epoch finished run=s4-1 epoch=3/19 train_loss=0.0413 "
                                "eval_loss=0.0772 eval_correct=9779/10000 seconds=23.75\n"));
}

TEST_F(EventLineTest, AMessageHasTheLevelOfItsSeverity) {
  v1::Message message;
  message.set_text("a checkpoint was slow");
  message.set_severity(v1::SEVERITY_WARNING);
  LogRunMessage(message, {{"run", "s4-1"}});
  EXPECT_THAT(Text(), HasSubstr(" warning run says run=s4-1 text=\"a checkpoint was slow\"\n"));
}

TEST_F(EventLineTest, EpochsAreSilentAtLevelWarning) {
  ChangeLogLevel(LogLevel::kWarning);
  Text();
  testing::internal::CaptureStderr();
  LogEpoch(v1::EpochFinished(), 1);
  EXPECT_THAT(Text(), IsEmpty());
}

}  // namespace
}  // namespace traind
