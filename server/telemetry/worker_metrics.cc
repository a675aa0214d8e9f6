#include "server/telemetry/worker_metrics.h"

#include <algorithm>
#include <utility>

#include "server/telemetry/sampled.h"

namespace traind {

void WorkerMetrics::Add(const std::string& run_id, const std::string& model) {
  absl::MutexLock lock(&mutex_);
  runs_[run_id].model = model;
}

void WorkerMetrics::Remove(const std::string& run_id) {
  absl::MutexLock lock(&mutex_);
  runs_.erase(run_id);
}

void WorkerMetrics::OnFinalUsage(const WorkerUsage& usage) {
  absl::MutexLock lock(&mutex_);
  NoteCpuTime(usage);
}

void WorkerMetrics::NoteCpuTime(const WorkerUsage& usage) const {
  const auto run = runs_.find(usage.attempt.run_id);
  if (run == runs_.end()) return;
  absl::Duration& cpu_time = run->second.cpu_times[usage.attempt.attempt];
  cpu_time = std::max(cpu_time, usage.cpu_time);
}

std::vector<prometheus::MetricFamily> WorkerMetrics::Collect() const {
  // Before the lock: whoever samples may wait for others.
  const std::vector<WorkerUsage> usages = sample_ ? sample_() : std::vector<WorkerUsage>();
  prometheus::MetricFamily cpu =
      SampledFamily(prometheus::MetricType::Counter, "traind_worker_cpu_seconds_total",
                    "Processor time of a run's workers, of all its attempts; not while it shares "
                    "one with others.");
  prometheus::MetricFamily memory = SampledFamily(
      prometheus::MetricType::Gauge, "traind_worker_resident_memory_bytes",
      "Memory in RAM of a run's worker, while it lives; not while it shares one with others.");
  absl::MutexLock lock(&mutex_);
  for (const WorkerUsage& usage : usages) {
    NoteCpuTime(usage);
    const auto run = runs_.find(usage.attempt.run_id);
    if (run == runs_.end()) continue;
    AddSample(static_cast<double>(usage.resident_bytes),
              {{"model", run->second.model}, {"run", run->first}}, memory);
  }
  for (const auto& [run_id, run] : runs_) {
    absl::Duration sum;
    for (const auto& [attempt, cpu_time] : run.cpu_times) sum += cpu_time;
    AddSample(absl::ToDoubleSeconds(sum), {{"model", run.model}, {"run", run_id}}, cpu);
  }
  std::vector<prometheus::MetricFamily> families;
  for (prometheus::MetricFamily* family : {&cpu, &memory}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
  return families;
}

}  // namespace traind
