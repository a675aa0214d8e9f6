#ifndef TRAIND_CLIENT_RUN_STATE_H_
#define TRAIND_CLIENT_RUN_STATE_H_

#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// True for SUCCEEDED, FAILED and CANCELLED.
bool IsTerminalState(v1::RunState state);

// The state as people write it, such as `RUNNING`; `UNKNOWN(12)` for a state
// that a newer server has and this client does not.
std::string RunStateName(v1::RunState state);

// The class as people write it, such as `SYSTEM`.
std::string FailureClassName(v1::FailureClass failure_class);

}  // namespace traind

#endif  // TRAIND_CLIENT_RUN_STATE_H_
