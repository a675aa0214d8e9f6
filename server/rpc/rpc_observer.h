#ifndef TRAIND_SERVER_RPC_RPC_OBSERVER_H_
#define TRAIND_SERVER_RPC_RPC_OBSERVER_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/stream_end.h"
#include "server/rpc/call_outcome.h"

namespace traind {

// Who wants to know what happens at the RPC border (metrics, logs). Called from
// any thread, also from gRPC's own: must be quick and must not block. By itself
// it takes no notice of anything.
class RpcObserver {
 public:
  virtual ~RpcObserver() = default;

  // A call has arrived; exactly one OnCallEnded follows, whatever becomes of it.
  // `method` as in CallOutcome.
  virtual void OnCallStarted(absl::string_view method) {}
  virtual void OnCallEnded(const CallOutcome& outcome) {}

  // Followers of runs have come (positive) or gone (negative).
  virtual void OnSubscribers(int change) {}
  // A stream has written `event_count` events. `lags` has, for each of them that
  // is newer than the stream, the time from the event to its write.
  virtual void OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) {}
  // A stream has ended, or was never let in.
  virtual void OnStreamEnded(StreamEnd end) {}
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_RPC_OBSERVER_H_
