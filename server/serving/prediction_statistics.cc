#include "server/serving/prediction_statistics.h"

#include <algorithm>

namespace traind {
namespace {

void Add(absl::Duration time, int64_t count, DurationCount& to) {
  to.count += count;
  // Nothing in the counters ever falls, whatever a clock does.
  to.total += std::max(time, absl::ZeroDuration()) * count;
}

void Add(const ComputeTimes& times, int64_t count, ComputeStatistics& to) {
  Add(times.input, count, to.input);
  Add(times.infer, count, to.infer);
  Add(times.output, count, to.output);
}

}  // namespace

void PredictionStatistics::OnPredict(const PredictOutcome& outcome) {
  if (!outcome.model.empty()) {
    const absl::Time now = clock_.Now();
    absl::MutexLock lock(&mutex_);
    VersionStatistics& statistics = Find(outcome.model, outcome.version);
    if (outcome.code == absl::StatusCode::kOk) {
      statistics.last_inference = std::max(statistics.last_inference, now);
      statistics.row_count += outcome.row_count;
      Add(outcome.total_time, 1, statistics.success);
      // Of those that failed, some never waited, so that their waits say little.
      if (outcome.queue_time.has_value()) Add(*outcome.queue_time, 1, statistics.queue);
    } else {
      Add(outcome.total_time, 1, statistics.failure);
    }
  }
  if (next_ != nullptr) next_->OnPredict(outcome);
}

void PredictionStatistics::OnBatch(const PredictBatch& batch) {
  {
    absl::MutexLock lock(&mutex_);
    VersionStatistics& statistics = Find(batch.model, batch.version);
    ++statistics.execution_count;
    Add(batch.times, batch.call_count, statistics.compute);
    Add(batch.times, 1, statistics.batches[batch.row_count]);
  }
  if (next_ != nullptr) next_->OnBatch(batch);
}

void PredictionStatistics::OnStuck(const StuckExecution& execution) {
  if (next_ != nullptr) next_->OnStuck(execution);
}

VersionStatistics PredictionStatistics::Of(absl::string_view model, int64_t version) const {
  const Key key{std::string(model), version};
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) return found->second.statistics;
  }
  VersionStatistics none;
  none.model = key.first;
  none.version = version;
  return none;
}

VersionStatistics& PredictionStatistics::Find(const std::string& model, int64_t version) {
  const Key key{model, version};
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (static_cast<int>(entries_.size()) >= versions_max_) ForgetOldest();
    found = entries_.emplace(key, Entry{}).first;
    found->second.statistics.model = model;
    found->second.statistics.version = version;
  }
  found->second.last_use = ++use_counter_;
  return found->second.statistics;
}

void PredictionStatistics::ForgetOldest() {
  const auto oldest =
      std::min_element(entries_.begin(), entries_.end(), [](const auto& one, const auto& other) {
        return one.second.last_use < other.second.last_use;
      });
  if (oldest != entries_.end()) entries_.erase(oldest);
}

}  // namespace traind
