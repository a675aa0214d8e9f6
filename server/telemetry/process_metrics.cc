#include "server/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "server/base/process_stat.h"
#include "server/telemetry/sampled.h"

namespace traind {
namespace {

using prometheus::MetricType;

// When the machine was started, in seconds since 1970.
std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<double> OpenFileCount() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return std::nullopt;
  // Reading the folder takes a file too, which is closed again.
  return static_cast<double>(std::distance(begin(files), end(files)) - 1);
}

void AddStat(const ProcessStat& stat, std::vector<prometheus::MetricFamily>& families) {
  families.push_back(Sample(MetricType::Counter, "process_cpu_seconds_total",
                            "Processor time of the server itself, without its workers.",
                            absl::ToDoubleSeconds(stat.cpu_time)));
  families.push_back(Sample(MetricType::Gauge, "process_resident_memory_bytes",
                            "Memory of the server in RAM.",
                            static_cast<double>(stat.resident_bytes)));
  families.push_back(Sample(MetricType::Gauge, "process_virtual_memory_bytes",
                            "Address space of the server.",
                            static_cast<double>(stat.virtual_bytes)));
  families.push_back(
      Sample(MetricType::Gauge, "process_threads", "Threads of the server.", stat.thread_count));
  static const std::optional<double> boot_time = BootTime();
  if (boot_time.has_value()) {
    families.push_back(Sample(MetricType::Gauge, "process_start_time_seconds",
                              "When the server was started, in seconds since 1970.",
                              *boot_time + absl::ToDoubleSeconds(stat.start_since_boot)));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  if (const absl::StatusOr<ProcessStat> stat = ReadProcessStat(getpid()); stat.ok()) {
    AddStat(*stat, families);
  }
  if (const std::optional<double> count = OpenFileCount(); count.has_value()) {
    families.push_back(
        Sample(MetricType::Gauge, "process_open_fds", "Files that the server has open.", *count));
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Sample(MetricType::Gauge, "process_max_fds",
                              "Files that the server may have open at once.",
                              static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace traind
