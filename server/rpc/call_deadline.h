#ifndef TRAIND_SERVER_RPC_CALL_DEADLINE_H_
#define TRAIND_SERVER_RPC_CALL_DEADLINE_H_

#include <grpcpp/server_context.h>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"

namespace traind {

// When a prediction must have begun to run, on the monotonic clock: the client's
// deadline, or Limits::predict_deadline_default from now if that is sooner.
absl::Duration CallDeadline(const grpc::CallbackServerContext& context, const Limits& limits,
                            const Clock& clock);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_CALL_DEADLINE_H_
