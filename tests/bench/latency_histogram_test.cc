#include "bench/predict/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace traind {
namespace {

TEST(LatencyHistogram, EmptyHasNoLatency) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (int64_t value = 1; value <= 100; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(0.5), 50);
  EXPECT_EQ(histogram.Quantile(0.99), 99);
  EXPECT_EQ(histogram.Quantile(1), 100);
}

// Against the sorted values themselves.
TEST(LatencyHistogram, QuantilesAreAtMostOnePartIn128TooLarge) {
  std::mt19937 engine(1);
  std::lognormal_distribution<double> nanoseconds(13, 2);
  LatencyHistogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<int64_t>(nanoseconds(engine)));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<size_t>(std::ceil(share * 20'000)) - 1;
    const int64_t exact = values[rank];
    EXPECT_GE(histogram.Quantile(share), exact) << share;
    EXPECT_LE(histogram.Quantile(share), exact + exact / 128 + 1) << share;
  }
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(LatencyHistogram, SumOfTwoIsAsIfAllWereInOne) {
  LatencyHistogram first;
  LatencyHistogram second;
  first.Record(10);
  second.Record(20);
  second.Record(int64_t{3} << 30);
  first.Add(second);
  EXPECT_EQ(first.count(), 3);
  EXPECT_EQ(first.Quantile(0.5), 20);
  EXPECT_EQ(first.max(), int64_t{3} << 30);
}

TEST(LatencyHistogram, LongestLatencyIsKeptAsItWas) {
  LatencyHistogram histogram;
  histogram.Record(int64_t{1} << 50);
  histogram.Record(-5);
  EXPECT_EQ(histogram.max(), int64_t{1} << 50);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

}  // namespace
}  // namespace traind
