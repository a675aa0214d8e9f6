#include "client/run_state.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(RunStateTest, ThreeStatesAreTerminal) {
  for (v1::RunState state :
       {v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED, v1::RUN_STATE_CANCELLED}) {
    EXPECT_TRUE(IsTerminalState(state)) << RunStateName(state);
  }
  for (v1::RunState state : {v1::RUN_STATE_UNSPECIFIED, v1::RUN_STATE_QUEUED,
                             v1::RUN_STATE_STARTING, v1::RUN_STATE_RUNNING, v1::RUN_STATE_PAUSING,
                             v1::RUN_STATE_PAUSED, v1::RUN_STATE_STOPPING}) {
    EXPECT_FALSE(IsTerminalState(state)) << RunStateName(state);
  }
}

TEST(RunStateTest, NamesHaveNoPrefix) {
  EXPECT_EQ(RunStateName(v1::RUN_STATE_RUNNING), "RUNNING");
  EXPECT_EQ(FailureClassName(v1::FAILURE_CLASS_SYSTEM), "SYSTEM");
}

TEST(RunStateTest, StateOfANewerServerIsShownAsItsNumber) {
  EXPECT_EQ(RunStateName(static_cast<v1::RunState>(12)), "UNKNOWN(12)");
}

}  // namespace
}  // namespace traind
