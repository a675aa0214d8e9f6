#ifndef TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_

#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace traind {

// traind_rpc_duration_seconds{method,code}. Thread-safe.
class CallMetrics {
 public:
  explicit CallMetrics(prometheus::Registry& registry);

  void OnCall(absl::string_view method, absl::StatusCode code, absl::Duration duration);

 private:
  prometheus::Family<prometheus::Histogram>& duration_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_CALL_METRICS_H_
