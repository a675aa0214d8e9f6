#ifndef TRAIND_SERVER_TELEMETRY_BUCKETS_H_
#define TRAIND_SERVER_TELEMETRY_BUCKETS_H_

#include <prometheus/histogram.h>

namespace traind {

// Upper bounds in seconds for latencies, 50 us to 30 s, about 2 to a doubling
// where Predict lives. Shared, so that panels can put latencies side by side.
inline const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      50e-6, 100e-6, 150e-6, 200e-6, 300e-6, 500e-6, 750e-6, 1e-3, 1.5e-3, 2e-3, 3e-3, 5e-3,
      10e-3, 20e-3,  50e-3,  0.1,    0.25,   0.5,    1.0,    2.5,  5.0,    10.0, 30.0};
  return *buckets;
}

// Rows of a batch, up to Limits::predict_rows_max.
inline const prometheus::Histogram::BucketBoundaries& RowBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
  return *buckets;
}

// From a small network's step on a GPU to a large one's on a CPU, in seconds.
inline const prometheus::Histogram::BucketBoundaries& StepBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015,
      0.02,   0.03,  0.05,  0.1,   0.25,  0.5,    1,    5};
  return *buckets;
}

// From a free slot to a night in the queue, in seconds.
inline const prometheus::Histogram::BucketBoundaries& QueueWaitBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.01, 0.1, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600};
  return *buckets;
}

// From a small network on a fast disk to a large one on a slow disk, in seconds.
inline const prometheus::Histogram::BucketBoundaries& CheckpointBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return *buckets;
}

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_BUCKETS_H_
