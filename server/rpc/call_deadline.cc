#include "server/rpc/call_deadline.h"

#include <algorithm>
#include <chrono>

namespace traind {

absl::Duration CallDeadline(const grpc::CallbackServerContext& context, const Limits& limits,
                            const Clock& clock) {
  // gRPC says "far future" when the client set none; the default bounds both.
  const absl::Duration now = clock.Monotonic();
  const absl::Duration latest = now + limits.predict_deadline_default;
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return latest;
  const absl::Duration left = absl::FromChrono(deadline - std::chrono::system_clock::now());
  return std::min(now + left, latest);
}

}  // namespace traind
