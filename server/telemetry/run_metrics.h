#ifndef TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/runs/run_observer.h"
#include "server/telemetry/model_metrics.h"
#include "server/telemetry/run_series.h"
#include "server/telemetry/worker_metrics.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What runs do, as series: by model for all of them, and for each recent run its
// own. When there are more runs than may have series, those at work come first,
// then those that ended last, then those that wait. Thread-safe.
class RunMetrics {
 public:
  struct Bounds {
    absl::Duration linger;  // of a run's series after its end
    int runs_max;
    int models_max;
  };

  // `clock`, `registry` and `workers` must outlive the metrics; `workers` has
  // series of the same runs.
  RunMetrics(const Bounds& bounds, const Clock& clock, prometheus::Registry& registry,
             WorkerMetrics& workers);
  RunMetrics(const RunMetrics&) = delete;

  // As RunObserver.
  void OnEvent(const v1::Run& run, const v1::Event& event);
  void OnProgress(const v1::Run& run, const v1::Progress& progress);
  void OnAttemptEnded(const v1::Run& run, AttemptEnd end);

  // Counts a run that was there before this process.
  void Adopt(const v1::Run& run);
  // Removes the series of runs that ended long enough ago.
  void Expire();

 private:
  // A run that has not ended yet.
  struct LiveRun {
    v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
    absl::Time queue_time;  // when it began to wait
    // Training rows of the newest attempt's newest epoch that are counted already.
    int attempt = 0;
    int epoch = 0;
    int64_t epoch_rows_counted = 0;
  };
  // A run that has series.
  struct ShownRun {
    enum class Rank { kWaits, kEnded, kWorks };  // the first to go first
    Rank rank;
    // Since when it has the rank, and which of those with the same time came later.
    absl::Time rank_time;
    int64_t rank_number;
    std::unique_ptr<RunSeries> series;
  };
  using Shown = std::map<std::string, ShownRun>;

  void OnStateChanged(const v1::Run& run, v1::RunState to, absl::Time time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEpochFinished(const v1::Run& run, const v1::EpochFinished& epoch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountRows(const v1::Run& run, int epoch, int64_t epoch_rows)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves the run from one state's count to another's.
  void MoveTo(const v1::Run& run, v1::RunState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The series of a run that has not ended; null when others come first.
  RunSeries* SeriesOf(const v1::Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetRank(ShownRun::Rank rank, ShownRun& shown) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True when there is room for one more run of this rank, after making it.
  bool MakeRoom(ShownRun::Rank rank) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Shown::iterator Hide(Shown::iterator shown) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Bounds bounds_;
  // Each synchronises itself.
  const Clock& clock_;
  WorkerMetrics& workers_;
  prometheus::Gauge& queue_depth_;

  absl::Mutex mutex_;
  ModelMetrics models_ ABSL_GUARDED_BY(mutex_);
  RunFamilies families_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, LiveRun> live_ ABSL_GUARDED_BY(mutex_);
  Shown shown_ ABSL_GUARDED_BY(mutex_);
  int64_t next_rank_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_RUN_METRICS_H_
