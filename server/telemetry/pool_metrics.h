#ifndef TRAIND_SERVER_TELEMETRY_POOL_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_POOL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/serving/model_pool.h"

namespace traind {

// Where versions of models stand, and how their loads went. Thread-safe.
class PoolMetrics {
 public:
  struct Bounds {
    int models_max;    // further ones are counted as `other`
    int versions_max;  // pairs of model and version with a state; the oldest goes
  };

  // `registry` must outlive the metrics.
  PoolMetrics(const Bounds& bounds, prometheus::Registry& registry);
  PoolMetrics(const PoolMetrics&) = delete;

  // A version's state has changed.
  void OnState(const ModelPool::Status& status);

 private:
  using Key = std::pair<std::string, int64_t>;
  // Of one model. All are there from its first change on.
  struct Totals {
    prometheus::Counter& loads;
    prometheus::Counter& failures;
    prometheus::Counter& evictions;
    prometheus::Counter& losses;
    prometheus::Histogram& load_seconds;
  };
  // Of one version.
  struct Standing {
    Key key;
    prometheus::Gauge* state;
    prometheus::Gauge* memory;
  };

  Totals& TotalsOf(const std::string& model) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(std::list<Standing>::iterator standing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Bounds bounds_;
  // Each synchronises itself.
  prometheus::Family<prometheus::Gauge>& state_;
  prometheus::Family<prometheus::Gauge>& memory_;
  prometheus::Family<prometheus::Counter>& loads_;
  prometheus::Family<prometheus::Counter>& evictions_;
  prometheus::Family<prometheus::Counter>& losses_;
  prometheus::Family<prometheus::Histogram>& load_seconds_;

  absl::Mutex mutex_;
  std::map<std::string, Totals> totals_ ABSL_GUARDED_BY(mutex_);
  std::list<Standing> standings_ ABSL_GUARDED_BY(mutex_);  // newest change first
  std::map<Key, std::list<Standing>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_POOL_METRICS_H_
