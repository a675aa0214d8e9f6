#include "server/runs/run_state.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

// The table as run.proto and the architecture state it, in one place of its own.
const std::map<v1::RunState, std::set<v1::RunState>>& Legal() {
  using namespace v1;  // NOLINT: the states' names are the table
  static const auto* const table = new std::map<RunState, std::set<RunState>>{
      {RUN_STATE_UNSPECIFIED, {RUN_STATE_QUEUED}},
      {RUN_STATE_QUEUED, {RUN_STATE_STARTING, RUN_STATE_PAUSED, RUN_STATE_CANCELLED}},
      {RUN_STATE_STARTING,
       {RUN_STATE_RUNNING, RUN_STATE_QUEUED, RUN_STATE_FAILED, RUN_STATE_PAUSING,
        RUN_STATE_STOPPING, RUN_STATE_CANCELLED}},
      {RUN_STATE_RUNNING,
       {RUN_STATE_SUCCEEDED, RUN_STATE_FAILED, RUN_STATE_PAUSING, RUN_STATE_STOPPING,
        RUN_STATE_QUEUED, RUN_STATE_CANCELLED}},
      {RUN_STATE_PAUSING,
       {RUN_STATE_PAUSED, RUN_STATE_SUCCEEDED, RUN_STATE_FAILED, RUN_STATE_STOPPING,
        RUN_STATE_CANCELLED}},
      {RUN_STATE_PAUSED, {RUN_STATE_QUEUED, RUN_STATE_CANCELLED}},
      {RUN_STATE_STOPPING, {RUN_STATE_CANCELLED}},
  };
  return *table;
}

TEST(RunStateTest, EveryPairOfStatesIsAsInTheTable) {
  for (int from = 0; from < v1::RunState_ARRAYSIZE; ++from) {
    for (int to = 0; to < v1::RunState_ARRAYSIZE; ++to) {
      const auto from_state = static_cast<v1::RunState>(from);
      const auto to_state = static_cast<v1::RunState>(to);
      const auto exits = Legal().find(from_state);
      const bool legal = exits != Legal().end() && exits->second.contains(to_state);
      EXPECT_EQ(CheckTransition(from_state, to_state).ok(), legal)
          << StateName(from_state) << " to " << StateName(to_state);
    }
  }
}

TEST(RunStateTest, ATerminalStateHasNoExit) {
  for (int from = 0; from < v1::RunState_ARRAYSIZE; ++from) {
    const auto state = static_cast<v1::RunState>(from);
    EXPECT_EQ(IsTerminal(state), !Legal().contains(state)) << StateName(state);
  }
}

TEST(RunStateTest, EveryStateThatHasBegunCanBeKilled) {
  for (const auto& [state, exits] : Legal()) {
    if (state == v1::RUN_STATE_UNSPECIFIED) continue;
    EXPECT_OK(CheckTransition(state, v1::RUN_STATE_CANCELLED));
  }
}

TEST(RunStateTest, ARefusalNamesBothStatesAndTheLegalExits) {
  EXPECT_THAT(CheckTransition(v1::RUN_STATE_PAUSED, v1::RUN_STATE_RUNNING),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "from PAUSED to RUNNING; legal exits: QUEUED, CANCELLED"));
  EXPECT_THAT(CheckTransition(v1::RUN_STATE_FAILED, v1::RUN_STATE_QUEUED),
              StatusIs(absl::StatusCode::kFailedPrecondition, "none, the run has ended"));
}

}  // namespace
}  // namespace traind
