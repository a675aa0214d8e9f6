#include "client/trainctl/event_text.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "client/trainctl/enum_words.h"
#include "client/trainctl/event_kinds.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

class EventTextTest : public testing::Test {
 protected:
  EventTextTest() { setenv("TZ", "UTC", 1); }  // lines have local time
};

TEST_F(EventTextTest, ChangeOfStateHasItsReason) {
  EXPECT_EQ(EventText(StateEvent(1, v1::RUN_STATE_RUNNING, v1::RUN_STATE_QUEUED, "worker lost")),
            "QUEUED: worker lost");
  EXPECT_EQ(EventText(SucceededEvent(2)), "SUCCEEDED");
}

TEST_F(EventTextTest, FailureWithoutAReasonHasItsError) {
  v1::Event event = StateEvent(1, v1::RUN_STATE_RUNNING, v1::RUN_STATE_FAILED);
  event.mutable_state_changed()->mutable_error()->set_message("the loss is NaN");
  EXPECT_EQ(EventText(event), "FAILED: the loss is NaN");
}

TEST_F(EventTextTest, FiguresAreNoWords) { EXPECT_EQ(EventText(EpochStartedEvent(1, 1)), ""); }

TEST_F(EventTextTest, LineHasSequenceTimeKindAndFields) {
  v1::Event event;
  event.set_sequence(17);
  event.mutable_time()->set_seconds(1'700'000'000);
  event.mutable_train_step()->set_step(100);
  event.mutable_train_step()->set_loss(0.5f);
  EXPECT_EQ(EventLine(event), "17 2023-11-14 22:13:20 train_step step: 100 loss: 0.5");
}

TEST_F(EventTextTest, LineOfAMessageIsItsText) {
  v1::Event event = MessageEvent(3, "disk nearly full");
  event.mutable_time()->set_seconds(1'700'000'000);
  event.mutable_message()->set_severity(v1::SEVERITY_WARNING);
  EXPECT_EQ(EventLine(event), "3 2023-11-14 22:13:20 message warning: disk nearly full");
}

TEST_F(EventTextTest, EveryKindIsNamedAsItsPayload) {
  const google::protobuf::OneofDescriptor& payload =
      *v1::Event::descriptor()->FindOneofByName("payload");
  const std::vector<std::string> words = EnumWords(*v1::EventKind_descriptor());
  ASSERT_EQ(payload.field_count(), static_cast<int>(words.size()));
  for (int i = 0; i < payload.field_count(); ++i) EXPECT_EQ(payload.field(i)->name(), words[i]);
  EXPECT_EQ(EventKindWord(SucceededEvent(1)), "state_changed");
  EXPECT_EQ(EventKindWord(v1::Event()), "");
}

}  // namespace
}  // namespace traind
