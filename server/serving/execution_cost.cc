#include "server/serving/execution_cost.h"

#include <algorithm>

namespace traind {
namespace {

// Weight of the newest execution.
constexpr double kNewShare = 0.2;
// Sizes whose rows cost this little more than the least are as good.
constexpr double kAboutTheLeast = 1.05;

}  // namespace

int ExecutionCost::SizeOf(int64_t row_count) {
  int size = 0;
  while (size + 1 < kSizeCount && (int64_t{1} << size) < row_count) ++size;
  return size;
}

void ExecutionCost::Learn(int64_t row_count, absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time) / static_cast<double>(row_count);
  absl::MutexLock lock(&mutex_);
  double& mean = row_seconds_[static_cast<size_t>(SizeOf(row_count))];
  mean = mean == 0 ? seconds : mean + kNewShare * (seconds - mean);
}

absl::Duration ExecutionCost::Estimate(int64_t row_count) const {
  absl::MutexLock lock(&mutex_);
  const int wanted = SizeOf(row_count);
  // The nearest size that is known.
  for (int distance = 0; distance < kSizeCount; ++distance) {
    for (const int size : {wanted - distance, wanted + distance}) {
      if (size < 0 || size >= kSizeCount) continue;
      const double seconds = row_seconds_[static_cast<size_t>(size)];
      if (seconds > 0) return absl::Seconds(seconds * static_cast<double>(row_count));
    }
  }
  return absl::ZeroDuration();
}

int ExecutionCost::Cheapest() const {
  int cheapest = -1;
  for (int size = 0; size < kSizeCount; ++size) {
    const double seconds = row_seconds_[static_cast<size_t>(size)];
    if (seconds == 0) continue;
    if (cheapest < 0 || seconds < row_seconds_[static_cast<size_t>(cheapest)]) cheapest = size;
  }
  return cheapest;
}

absl::Duration ExecutionCost::PerRow() const {
  absl::MutexLock lock(&mutex_);
  const int cheapest = Cheapest();
  if (cheapest < 0) return absl::ZeroDuration();
  return absl::Seconds(row_seconds_[static_cast<size_t>(cheapest)]);
}

int ExecutionCost::Best(int cheapest) const {
  const double least = row_seconds_[static_cast<size_t>(cheapest)];
  int best = cheapest;
  for (int size = cheapest + 1; size < kSizeCount; ++size) {
    const double seconds = row_seconds_[static_cast<size_t>(size)];
    if (seconds > 0 && seconds <= least * kAboutTheLeast) best = size;
  }
  return best;
}

bool ExecutionCost::IsLargerKnown(int size) const {
  return std::any_of(row_seconds_.begin() + size + 1, row_seconds_.end(),
                     [](double seconds) { return seconds > 0; });
}

absl::Duration ExecutionCost::OfBestSize() const {
  absl::MutexLock lock(&mutex_);
  const int cheapest = Cheapest();
  if (cheapest < 0) return absl::ZeroDuration();
  const int best = Best(cheapest);
  return absl::Seconds(row_seconds_[static_cast<size_t>(best)] *
                       static_cast<double>(int64_t{1} << best));
}

int64_t ExecutionCost::BestRows(int64_t row_count_max) {
  absl::MutexLock lock(&mutex_);
  const int cheapest = Cheapest();
  if (cheapest < 0) return row_count_max;
  const int best = Best(cheapest);
  const bool retry = ++question_count_ % kRetryEvery == 0;
  const int size = best + (IsLargerKnown(best) && !retry ? 0 : 1);
  return std::min(row_count_max, int64_t{1} << size);
}

}  // namespace traind
