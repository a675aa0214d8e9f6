#ifndef TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/trainctl/session.h"

namespace traind {

// The log that fits the session: JSON lines, a live bar, or plain lines.
std::unique_ptr<RunListener> MakeRunLog(Session& session);

// Follows the run to its end, logging to `listener`, and returns the exit code:
// 0 only when it SUCCEEDED, 130 when Ctrl-C ended the following. Says how the
// run ended, or how to come back to it. Takes the listener, whose last line
// must be gone before anything else is printed.
absl::StatusOr<int> FollowToEnd(Session& session, const std::string& run_id, int64_t after_sequence,
                                std::unique_ptr<RunListener> listener);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_
