#include "bench/predict/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace traind {
namespace {

constexpr int kPartBits = 7;
constexpr int64_t kParts = int64_t{1} << kPartBits;
constexpr int kValueBits = 40;
constexpr int64_t kLongest = (int64_t{1} << kValueBits) - 1;

// Below kParts a value is its own bucket; above, its highest 8 bits choose one.
size_t BucketOf(int64_t value) {
  if (value < kParts) return static_cast<size_t>(value);
  const int shift = std::bit_width(static_cast<uint64_t>(value)) - (kPartBits + 1);
  return static_cast<size_t>(shift * kParts + (value >> shift));
}

// The largest value of a bucket.
int64_t UpperEdge(size_t bucket) {
  const int64_t index = static_cast<int64_t>(bucket);
  if (index < 2 * kParts) return index;
  const int shift = static_cast<int>(index / kParts) - 1;
  return ((index - shift * kParts + 1) << shift) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(BucketOf(kLongest) + 1) {}

void LatencyHistogram::Record(int64_t nanoseconds) {
  const int64_t value = std::max<int64_t>(0, nanoseconds);
  ++counts_[BucketOf(std::min(value, kLongest))];
  ++count_;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

int64_t LatencyHistogram::Quantile(double share) const {
  const double wanted = std::ceil(share * static_cast<double>(count_));
  const int64_t rank = std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, count_);
  int64_t seen = 0;
  for (size_t i = 0; i < counts_.size() && count_ > 0; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(UpperEdge(i), max_);
  }
  return max_;
}

}  // namespace traind
