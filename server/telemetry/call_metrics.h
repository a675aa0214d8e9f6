#ifndef TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/rpc_method.h"

namespace traind {

// gRPC calls under the names, labels and codes of go-grpc-prometheus, which
// existing dashboards and alerts know: grpc_server_started_total,
// grpc_server_handled_total and grpc_server_handling_seconds. Thread-safe.
class CallMetrics {
 public:
  // Makes the series of all `methods`, at 0. There will be no others: what is
  // told of another method is dropped. `registry` must outlive the metrics.
  CallMetrics(const std::vector<RpcMethod>& methods, prometheus::Registry& registry);
  CallMetrics(const CallMetrics&) = delete;

  // `method` is service and method without the package: `TrainingService/GetRun`.
  void OnStarted(absl::string_view method);
  void OnEnded(absl::string_view method, absl::StatusCode code, absl::Duration duration);

 private:
  // OK to UNAUTHENTICATED.
  static constexpr int kCodeCount = 17;
  // The series of one method.
  struct Series {
    prometheus::Labels labels;
    prometheus::Counter* started = nullptr;
    prometheus::Histogram* seconds = nullptr;
    // By code; null until a call has ended with it.
    std::array<std::atomic<prometheus::Counter*>, kCodeCount> handled = {};
  };

  prometheus::Counter& Handled(Series& series, int code);

  // Each synchronises itself.
  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  // Filled by the constructor, then constant but for what is atomic in it.
  std::map<std::string, Series, std::less<>> methods_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_
