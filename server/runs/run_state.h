#ifndef TRAIND_SERVER_RUNS_RUN_STATE_H_
#define TRAIND_SERVER_RUNS_RUN_STATE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "traind/v1/run.pb.h"

namespace traind {

// True for SUCCEEDED, FAILED and CANCELLED.
bool IsTerminal(v1::RunState state);

// OK when a run may go from one state to the other, by the table in run.proto;
// else FAILED_PRECONDITION naming both states and the legal exits.
absl::Status CheckTransition(v1::RunState from, v1::RunState to);

// "QUEUED" for RUN_STATE_QUEUED.
absl::string_view StateName(v1::RunState state);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_STATE_H_
