#ifndef TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace traind {

// Size and free space of the filesystem that holds the data directory; no series
// while it cannot be asked. Looked up at each scrape. Thread-safe.
class DiskMetrics final : public prometheus::Collectable {
 public:
  explicit DiskMetrics(std::string data_directory) : data_directory_(std::move(data_directory)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string data_directory_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_
