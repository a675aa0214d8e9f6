#include "server/telemetry/call_metrics.h"

#include <string>

#include "server/telemetry/buckets.h"

namespace traind {

CallMetrics::CallMetrics(prometheus::Registry& registry)
    : duration_(prometheus::BuildHistogram()
                    .Name("traind_rpc_duration_seconds")
                    .Help("Time of gRPC calls from arrival to answer, by method and code.")
                    .Register(registry)) {}

void CallMetrics::OnCall(absl::string_view method, absl::StatusCode code, absl::Duration duration) {
  duration_
      .Add({{"method", std::string(method)}, {"code", absl::StatusCodeToString(code)}},
           LatencyBuckets())
      .Observe(absl::ToDoubleSeconds(duration));
}

}  // namespace traind
