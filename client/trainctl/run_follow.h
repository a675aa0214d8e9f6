#ifndef TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_

#include <memory>
#include <ostream>

#include "absl/status/statusor.h"
#include "client/trainctl/session.h"

namespace traind {

// The log that fits the session: JSON lines, a live bar, or plain lines.
std::unique_ptr<RunListener> MakeRunLog(Session& session);

// One event a line, as JSON. `out` must outlive it.
std::unique_ptr<RunListener> MakeJsonLog(std::ostream& out);

// Asks for all events of the run that are kept. Of a very long run the oldest
// are gone, and a cursor before them would be refused.
v1::StreamMetricsRequest EventsOf(const v1::Run& run);

// Follows the run to its end, logging to `listener`, and returns the exit code:
// 0 only when it SUCCEEDED, 130 when Ctrl-C ended the following. Says how the
// run ended, or how to come back to it. Takes the listener, whose last line
// must be gone before anything else is printed. A pause is no end.
absl::StatusOr<int> FollowToEnd(Session& session, v1::StreamMetricsRequest request,
                                std::unique_ptr<RunListener> listener);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_FOLLOW_H_
