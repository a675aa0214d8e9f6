#ifndef TRAIND_SERVER_TELEMETRY_PROCESS_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_PROCESS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace traind {

// This process, by the names that Prometheus' own clients use: processor time,
// memory, files, threads, start. Looked up at each scrape; what the kernel does
// not tell is left out. Thread-safe.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_PROCESS_METRICS_H_
