#ifndef TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "server/telemetry/run_data_sizes.h"

namespace traind {

// Size and free space of the filesystem that holds the data directory, no series
// while it cannot be asked; and what runs occupy of it. Looked up at each scrape.
// Thread-safe.
class DiskMetrics final : public prometheus::Collectable {
 public:
  // An empty `run_data_sizes` has no series.
  DiskMetrics(std::string data_directory, std::function<RunDataSizes()> run_data_sizes)
      : data_directory_(std::move(data_directory)), run_data_sizes_(std::move(run_data_sizes)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string data_directory_;
  const std::function<RunDataSizes()> run_data_sizes_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_DISK_METRICS_H_
