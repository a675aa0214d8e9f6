#ifndef TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/serving/predict_observer.h"

namespace traind {

// Counts Predict calls and their times by model and version. A request for no
// known model has empty labels, so only published versions make series; of
// those, the least recently asked go when there are too many. Thread-safe.
class PredictMetrics {
 public:
  struct Bounds {
    int versions_max;  // pairs of model and version that have series
    int queue_limit;   // of the predict queue; shown as it is
  };

  // `registry` must outlive the metrics.
  PredictMetrics(const Bounds& bounds, prometheus::Registry& registry);
  PredictMetrics(const PredictMetrics&) = delete;

  void OnPredict(const PredictOutcome& outcome);
  void OnBatch(const PredictBatch& batch);
  void OnStuck(const StuckExecution& execution);
  // The version may be asked from now on: its series start at 0, if there is room.
  void OnPublished(const std::string& model, int64_t version);

 private:
  using Key = std::pair<std::string, int64_t>;
  // Of one model version.
  struct Series {
    Key key;
    prometheus::Labels labels;
    std::map<absl::StatusCode, prometheus::Counter*> requests;
    prometheus::Counter& rows;
    prometheus::Histogram& duration;
    prometheus::Histogram& queue;
    prometheus::Histogram& compute;
    prometheus::Histogram& batch_rows;
    prometheus::Counter& stuck;
  };

  Series& SeriesOf(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  prometheus::Counter& RequestsOf(absl::StatusCode code, Series& series)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveLeastRecentlyUsed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Bounds bounds_;
  // Each synchronises itself.
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& rows_;
  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Family<prometheus::Histogram>& queue_;
  prometheus::Family<prometheus::Histogram>& compute_;
  prometheus::Family<prometheus::Histogram>& batch_rows_;
  prometheus::Family<prometheus::Counter>& stuck_;

  absl::Mutex mutex_;
  std::list<Series> series_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  std::map<Key, std::list<Series>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_
