#include "server/telemetry/disk_metrics.h"

#include <sys/statvfs.h>

#include "server/telemetry/sampled.h"

namespace traind {

std::vector<prometheus::MetricFamily> DiskMetrics::Collect() const {
  struct statvfs disk = {};
  if (statvfs(data_directory_.c_str(), &disk) != 0) return {};
  const auto block_bytes = static_cast<double>(disk.f_frsize);
  return {Sample(prometheus::MetricType::Gauge, "traind_data_directory_free_bytes",
                 "Space that the server may still use on the filesystem of --data-dir.",
                 block_bytes * static_cast<double>(disk.f_bavail)),
          Sample(prometheus::MetricType::Gauge, "traind_data_directory_size_bytes",
                 "Size of the filesystem of --data-dir.",
                 block_bytes * static_cast<double>(disk.f_blocks))};
}

}  // namespace traind
