#include "server/runs/run_state.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

// Legal exits of each state. Cancelled is reachable from every state that is not
// terminal: a kill always works.
std::vector<v1::RunState> Exits(v1::RunState from) {
  switch (from) {
    case v1::RUN_STATE_UNSPECIFIED:
      return {v1::RUN_STATE_QUEUED};
    case v1::RUN_STATE_QUEUED:
      return {v1::RUN_STATE_STARTING, v1::RUN_STATE_PAUSED, v1::RUN_STATE_CANCELLED};
    case v1::RUN_STATE_STARTING:
      return {v1::RUN_STATE_RUNNING, v1::RUN_STATE_QUEUED,   v1::RUN_STATE_FAILED,
              v1::RUN_STATE_PAUSING, v1::RUN_STATE_STOPPING, v1::RUN_STATE_CANCELLED};
    case v1::RUN_STATE_RUNNING:
      return {v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED, v1::RUN_STATE_PAUSING,
              v1::RUN_STATE_STOPPING,  v1::RUN_STATE_QUEUED, v1::RUN_STATE_CANCELLED};
    case v1::RUN_STATE_PAUSING:
      return {v1::RUN_STATE_PAUSED, v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED,
              v1::RUN_STATE_STOPPING, v1::RUN_STATE_CANCELLED};
    case v1::RUN_STATE_PAUSED:
      return {v1::RUN_STATE_QUEUED, v1::RUN_STATE_CANCELLED};
    case v1::RUN_STATE_STOPPING:
      return {v1::RUN_STATE_CANCELLED};
    default:
      return {};
  }
}

}  // namespace

bool IsTerminal(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

absl::string_view StateName(v1::RunState state) {
  return absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_");
}

absl::Status CheckTransition(v1::RunState from, v1::RunState to) {
  const std::vector<v1::RunState> exits = Exits(from);
  for (v1::RunState exit : exits) {
    if (exit == to) return absl::OkStatus();
  }
  const std::string legal =
      exits.empty() ? std::string("none, the run has ended")
                    : absl::StrJoin(exits, ", ", [](std::string* out, v1::RunState state) {
                        absl::StrAppend(out, StateName(state));
                      });
  return absl::FailedPreconditionError(absl::StrCat(
      "a run cannot go from ", StateName(from), " to ", StateName(to), "; legal exits: ", legal));
}

}  // namespace traind
