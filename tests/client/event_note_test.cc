#include "client/trainctl/event_note.h"

#include <gtest/gtest.h>

#include "tests/client/run_events.h"

namespace traind {
namespace {

TEST(EventNoteTest, StateChangeHasItsReasonIfThereIsOne) {
  EXPECT_EQ(EventNote(StateEvent(1, v1::RUN_STATE_QUEUED, v1::RUN_STATE_STARTING)),
            "s4-1 STARTING");
  EXPECT_EQ(EventNote(StateEvent(1, v1::RUN_STATE_RUNNING, v1::RUN_STATE_QUEUED, "worker lost")),
            "s4-1 QUEUED: worker lost");
  EXPECT_EQ(EventNote(StateEvent(1, v1::RUN_STATE_RUNNING, v1::RUN_STATE_PAUSING, "asked for")),
            "s4-1 PAUSING: asked for");
  EXPECT_EQ(EventNote(StateEvent(1, v1::RUN_STATE_PAUSING, v1::RUN_STATE_PAUSED, "at step 5000")),
            "s4-1 PAUSED: at step 5000");
}

TEST(EventNoteTest, MessageHasItsSeverity) {
  v1::Event event = MessageEvent(1, "disk nearly full");
  EXPECT_EQ(EventNote(event), "s4-1 disk nearly full");
  event.mutable_message()->set_severity(v1::SEVERITY_WARNING);
  EXPECT_EQ(EventNote(event), "s4-1 warning: disk nearly full");
  event.mutable_message()->set_severity(v1::SEVERITY_ERROR);
  EXPECT_EQ(EventNote(event), "s4-1 error: disk nearly full");
}

TEST(EventNoteTest, WhatTheLogTellsElsewhereIsNotNoted) {
  EXPECT_EQ(EventNote(SucceededEvent(1)), "");
  EXPECT_EQ(EventNote(EpochStartedEvent(1, 1)), "");
  v1::Event event;
  event.mutable_checkpoint_written()->set_epoch(1);
  EXPECT_EQ(EventNote(event), "");
}

}  // namespace
}  // namespace traind
