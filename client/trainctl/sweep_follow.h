#ifndef TRAIND_CLIENT_TRAINCTL_SWEEP_FOLLOW_H_
#define TRAIND_CLIENT_TRAINCTL_SWEEP_FOLLOW_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/trainctl/session.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// Waits for the end of a sweep and returns it with its points; on the way it prints a
// line for each point that reaches a rung or its end. CANCELLED after Ctrl-C, with a
// word on how to come back; else as GetSweep.
absl::StatusOr<v1::Sweep> FollowSweep(Session& session, const std::string& sweep_id);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_SWEEP_FOLLOW_H_
