#ifndef TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What runs do, as series: by state for all of them, and epoch, loss and
// accuracy of each recent one. Thread-safe.
class RunMetrics {
 public:
  struct Bounds {
    absl::Duration linger;
    int runs_max;
    int models_max;
  };

  // `clock` and `registry` must outlive the metrics.
  RunMetrics(const Bounds& bounds, const Clock& clock, prometheus::Registry& registry);
  RunMetrics(const RunMetrics&) = delete;

  void Adopt(const v1::Run& run);
  void OnEvent(const v1::Run& run, const v1::Event& event);
  void OnProgress(const v1::Run& run, const v1::Progress& progress);
  void Expire();

 private:
  // A run that has not ended yet.
  struct LiveRun {
    prometheus::Gauge* state = nullptr;  // where the run is counted now
    // Training rows of the running epoch that are in the counter already.
    int64_t epoch_rows_counted = 0;
  };
  struct EndedRun {
    std::string run_id;
    absl::Time end;
  };
  // The series of one run.
  struct RunSeries {
    prometheus::Gauge& epoch;
    prometheus::Gauge& loss;
    // Null until an epoch has finished: an accuracy of 0 would be a lie.
    prometheus::Gauge* train_accuracy = nullptr;
    prometheus::Gauge* eval_accuracy = nullptr;
  };

  LiveRun& MoveTo(const v1::Run& run, v1::RunState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEpochFinished(const v1::Run& run, const v1::EpochFinished& epoch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  RunSeries& SeriesOf(const v1::Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountRows(const v1::Run& run, int64_t epoch_rows) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveSeries(const std::string& run_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The run's model as a label value.
  std::string ModelLabel(const v1::Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Bounds bounds_;
  // Each synchronises itself.
  const Clock& clock_;
  prometheus::Family<prometheus::Gauge>& runs_;
  prometheus::Family<prometheus::Gauge>& epoch_;
  prometheus::Family<prometheus::Gauge>& loss_;
  prometheus::Family<prometheus::Gauge>& accuracy_;
  prometheus::Family<prometheus::Counter>& samples_;
  prometheus::Family<prometheus::Histogram>& step_seconds_;

  absl::Mutex mutex_;
  std::map<std::string, LiveRun> live_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, RunSeries> series_ ABSL_GUARDED_BY(mutex_);
  std::deque<EndedRun> ended_ ABSL_GUARDED_BY(mutex_);  // that still have series, oldest first
  std::set<std::string> models_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_
