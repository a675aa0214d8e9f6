#include "client/trainctl/enum_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "traind/v1/run.pb.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

TEST(EnumWordsTest, WordsAreTheNamesWithoutTheirPrefixInLowerCase) {
  EXPECT_THAT(EnumWords(*v1::EventKind_descriptor()),
              ElementsAre("state_changed", "epoch_started", "train_step", "epoch_finished",
                          "checkpoint_written", "model_published", "message"));
}

TEST(EnumWordsTest, NumberAndWordNameEachOther) {
  EXPECT_EQ(EnumWord(*v1::RunState_descriptor(), v1::RUN_STATE_QUEUED), "queued");
  EXPECT_EQ(EnumNumber(*v1::RunState_descriptor(), "queued"), v1::RUN_STATE_QUEUED);
}

TEST(EnumWordsTest, WhatHasNoWordIsEmptyAndWhatIsNoWordIsZero) {
  EXPECT_EQ(EnumWord(*v1::RunState_descriptor(), v1::RUN_STATE_UNSPECIFIED), "");
  EXPECT_EQ(EnumWord(*v1::RunState_descriptor(), 99), "");
  for (const char* text : {"", "unspecified", "QUEUED", "lost"}) {
    EXPECT_EQ(EnumNumber(*v1::RunState_descriptor(), text), 0) << text;
  }
}

}  // namespace
}  // namespace traind
