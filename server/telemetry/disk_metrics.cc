#include "server/telemetry/disk_metrics.h"

#include <sys/statvfs.h>

#include "server/telemetry/sampled.h"

namespace traind {

std::vector<prometheus::MetricFamily> DiskMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  if (run_data_sizes_) {
    const RunDataSizes sizes = run_data_sizes_();
    families = {Sample(prometheus::MetricType::Gauge, "traind_store_bytes",
                       "What the database of runs and their events occupies.",
                       static_cast<double>(sizes.store_bytes)),
                Sample(prometheus::MetricType::Gauge, "traind_run_files_bytes",
                       "What checkpoints and logs of runs occupied, looked at every half minute.",
                       static_cast<double>(sizes.files_bytes)),
                Sample(prometheus::MetricType::Gauge, "traind_disk_reserve_held",
                       "1 while room is held back to record failures on a full disk, else 0.",
                       sizes.reserve_held ? 1 : 0)};
  }
  struct statvfs disk = {};
  if (statvfs(data_directory_.c_str(), &disk) != 0) return families;
  const auto block_bytes = static_cast<double>(disk.f_frsize);
  families.push_back(Sample(prometheus::MetricType::Gauge, "traind_data_directory_free_bytes",
                            "Space that the server may still use on the filesystem of --data-dir.",
                            block_bytes * static_cast<double>(disk.f_bavail)));
  families.push_back(Sample(prometheus::MetricType::Gauge, "traind_data_directory_size_bytes",
                            "Size of the filesystem of --data-dir.",
                            block_bytes * static_cast<double>(disk.f_blocks)));
  return families;
}

}  // namespace traind
