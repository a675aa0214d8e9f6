#ifndef TRAIND_SERVER_SERVING_EXECUTION_COST_H_
#define TRAIND_SERVER_SERVING_EXECUTION_COST_H_

#include <array>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace traind {

// What the executions of one loaded version have taken lately, by their size: how long
// the next will take, and how many rows are best computed together. More together is
// not always less for each: what no longer fits in a cache costs more. Thread-safe.
class ExecutionCost {
 public:
  // An execution of so many rows has taken that long.
  void Learn(int64_t row_count, absl::Duration time);

  // What one of so many rows will take; zero while nothing is known.
  absl::Duration Estimate(int64_t row_count) const;

  // What a row takes in an execution of the best size; zero while nothing is known.
  absl::Duration PerRow() const;

  // What an execution of the best size takes, as far as sizes are known; zero while
  // nothing is.
  absl::Duration OfBestSize() const;

  // How many rows to compute together, 1 to row_count_max: the most of the sizes at
  // which a row costs about the least, or up to twice the largest that was tried. Once
  // in kRetryEvery calls twice as many, in case that times have changed.
  int64_t BestRows(int64_t row_count_max);

  static constexpr int kRetryEvery = 128;

 private:
  // Sizes up to 1, 2, 4 … rows.
  static constexpr int kSizeCount = 14;
  static int SizeOf(int64_t row_count);

  // Index of the size at which a row costs least; -1 while nothing is known.
  int Cheapest() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The largest known size at which a row costs about as little as at `cheapest`.
  int Best(int cheapest) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsLargerKnown(int size) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  // Of one row, a moving mean; 0: not known.
  std::array<double, kSizeCount> row_seconds_ ABSL_GUARDED_BY(mutex_) = {};
  int64_t question_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_EXECUTION_COST_H_
