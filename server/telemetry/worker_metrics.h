#ifndef TRAIND_SERVER_TELEMETRY_WORKER_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_WORKER_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/runs/worker_usage.h"

namespace traind {

// Processor time and memory of the workers, by run: looked up at each scrape,
// and once more when a worker ends. Thread-safe.
class WorkerMetrics final : public prometheus::Collectable {
 public:
  using Sampler = std::function<std::vector<WorkerUsage>()>;

  // `sample` tells what the living workers use; called at scrapes; may be empty.
  explicit WorkerMetrics(Sampler sample) : sample_(std::move(sample)) {}

  // From now to Remove the run has series: its CPU time at once, over all its
  // attempts, and its memory while a worker lives.
  void Add(const std::string& run_id, const std::string& model);
  void Remove(const std::string& run_id);
  // All that a worker has used, now that it has ended.
  void OnFinalUsage(const WorkerUsage& usage);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct RunUsage {
    std::string model;
    std::map<int, absl::Duration> cpu_times;  // by attempt
  };
  // A counter never falls: the kernel's figures of a process come from two places.
  void NoteCpuTime(const WorkerUsage& usage) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Sampler sample_;

  mutable absl::Mutex mutex_;
  mutable std::map<std::string, RunUsage> runs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_WORKER_METRICS_H_
