#ifndef TRAIND_SERVER_SERVING_PREDICTION_STATISTICS_H_
#define TRAIND_SERVER_SERVING_PREDICTION_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/serving/predict_observer.h"
#include "server/serving/version_statistics.h"

namespace traind {

// Counts what each version does, for whoever asks for its statistics. At most
// Limits::statistics_versions_max versions: past them the one that was longest not
// asked is forgotten, and begins at 0 again. Thread-safe.
class PredictionStatistics final : public PredictObserver {
 public:
  // `next`, which may be null, is told everything too. Both must outlive this.
  PredictionStatistics(const Limits& limits, const Clock& clock, PredictObserver* next = nullptr)
      : versions_max_(limits.statistics_versions_max), clock_(clock), next_(next) {}
  PredictionStatistics(const PredictionStatistics&) = delete;

  void OnPredict(const PredictOutcome& outcome) override;
  void OnBatch(const PredictBatch& batch) override;
  void OnStuck(const StuckExecution& execution) override;

  // The counters of one version; all 0 when it was never asked.
  VersionStatistics Of(absl::string_view model, int64_t version) const;

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    VersionStatistics statistics;
    int64_t last_use = 0;
  };

  VersionStatistics& Find(const std::string& model, int64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const int versions_max_;
  // Each synchronises itself.
  const Clock& clock_;
  PredictObserver* const next_;

  mutable absl::Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  int64_t use_counter_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICTION_STATISTICS_H_
