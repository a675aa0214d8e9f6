#ifndef TRAIND_SERVER_RPC_REPORT_H_
#define TRAIND_SERVER_RPC_REPORT_H_

#include "server/rpc/rpc_observer.h"
#include "server/telemetry/metrics.h"

namespace traind {

// Tells metrics and log what happens at the RPC border: every call is counted,
// one that fails is a line too (any is, at level debug). Thread-safe.
class RpcReport final : public RpcObserver {
 public:
  // `metrics` must outlive the report.
  explicit RpcReport(Metrics& metrics) : metrics_(metrics) {}

  void OnCallStarted(absl::string_view method) override { metrics_.OnCallStarted(method); }
  void OnCallEnded(const CallOutcome& call) override;
  void OnSubscribers(int change) override { metrics_.OnSubscribers(change); }
  void OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) override {
    metrics_.OnEventsWritten(event_count, lags);
  }
  void OnStreamEnded(StreamEnd end) override { metrics_.OnStreamEnded(end); }

 private:
  Metrics& metrics_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_REPORT_H_
