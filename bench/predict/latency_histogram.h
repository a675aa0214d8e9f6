#ifndef TRAIND_BENCH_PREDICT_LATENCY_HISTOGRAM_H_
#define TRAIND_BENCH_PREDICT_LATENCY_HISTOGRAM_H_

#include <cstdint>
#include <vector>

namespace traind {

// Counts of latencies in a fixed amount of memory: each power of two is split into
// 128 parts, so that a quantile is at most 1/128 too large. From 0 to 2^40 ns
// (18 minutes); what is longer counts as that, but for max(). Not thread-safe.
class LatencyHistogram {
 public:
  LatencyHistogram();

  // A negative latency counts as 0.
  void Record(int64_t nanoseconds);
  void Add(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  // The longest latency as it was; 0 when empty.
  int64_t max() const { return max_; }
  // The latency that at least `share` (0 to 1) of all do not exceed; 0 when empty.
  int64_t Quantile(double share) const;

 private:
  std::vector<int64_t> counts_;
  int64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_LATENCY_HISTOGRAM_H_
