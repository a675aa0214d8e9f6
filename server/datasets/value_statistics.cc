#include "server/datasets/value_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace traind {
namespace {

// Welford's way (Knuth, The Art of Computer Programming, vol. 2, 4.2.2): stable for values
// that are large against their spread.
struct Running {
  void Add(double value) {
    ++count;
    const double distance = value - mean;
    mean += distance / static_cast<double>(count);
    squares += distance * (value - mean);
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
  }

  v1::ValueStatistics Result() const {
    v1::ValueStatistics statistics;
    statistics.set_mean(mean);
    statistics.set_standard_deviation(std::sqrt(squares / static_cast<double>(count)));
    statistics.set_minimum(minimum);
    statistics.set_maximum(maximum);
    return statistics;
  }

  int64_t count = 0;
  double mean = 0;
  double squares = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
};

// How the values of a row are shared among channels.
struct Layout {
  int64_t channel_count;
  int64_t values_per_channel;
};

Layout LayoutOf(const SplitShape& shape) {
  const int64_t channels = shape.row_shape.empty() ? 1 : shape.row_shape.front();
  return {channels, shape.row_values() / channels};
}

template <typename Value>
std::vector<v1::ValueStatistics> OfNumbers(const Value* values, int64_t row_count, Layout layout) {
  std::vector<Running> running(static_cast<size_t>(layout.channel_count));
  for (int64_t row = 0; row < row_count; ++row) {
    for (Running& channel : running) {
      for (int64_t i = 0; i < layout.values_per_channel; ++i) {
        channel.Add(static_cast<double>(*values++));
      }
    }
  }
  std::vector<v1::ValueStatistics> result;
  result.reserve(running.size());
  for (const Running& channel : running) result.push_back(channel.Result());
  return result;
}

// By counting: exact, and quick for the many pixels of images.
v1::ValueStatistics OfCounts(const std::array<int64_t, 256>& counts) {
  int64_t total = 0;
  double sum = 0;
  int smallest = 255;
  int largest = 0;
  for (int value = 0; value < 256; ++value) {
    if (counts[value] == 0) continue;
    total += counts[value];
    sum += static_cast<double>(counts[value]) * value;
    smallest = std::min(smallest, value);
    largest = value;
  }
  const double mean = sum / static_cast<double>(total);
  double squares = 0;
  for (int value = 0; value < 256; ++value) {
    squares += static_cast<double>(counts[value]) * (value - mean) * (value - mean);
  }
  v1::ValueStatistics statistics;
  statistics.set_mean(mean / 255);
  statistics.set_standard_deviation(std::sqrt(squares / static_cast<double>(total)) / 255);
  statistics.set_minimum(smallest / 255.0);
  statistics.set_maximum(largest / 255.0);
  return statistics;
}

std::vector<v1::ValueStatistics> OfPixels(const uint8_t* values, int64_t row_count, Layout layout) {
  std::vector<std::array<int64_t, 256>> counts(static_cast<size_t>(layout.channel_count));
  for (int64_t row = 0; row < row_count; ++row) {
    for (std::array<int64_t, 256>& channel : counts) {
      for (int64_t i = 0; i < layout.values_per_channel; ++i) ++channel[*values++];
    }
  }
  std::vector<v1::ValueStatistics> result;
  result.reserve(counts.size());
  for (const std::array<int64_t, 256>& channel : counts) result.push_back(OfCounts(channel));
  return result;
}

}  // namespace

std::vector<v1::ValueStatistics> InputStatistics(const Split& split) {
  const int64_t row_count = split.shape.row_count;
  const Layout layout = LayoutOf(split.shape);
  const uint8_t* const bytes = split.values.data();
  switch (split.shape.element_type) {
    case ElementType::kUint8:
      return OfPixels(bytes, row_count, layout);
    case ElementType::kFloat32:
      return OfNumbers(reinterpret_cast<const float*>(bytes), row_count, layout);
    case ElementType::kFloat64:
      return OfNumbers(reinterpret_cast<const double*>(bytes), row_count, layout);
  }
  return {};
}

std::vector<v1::ValueStatistics> TargetStatistics(const Split& split) {
  if (split.shape.target_count == 0) return {};
  return OfNumbers(split.targets.data(), split.shape.row_count, {split.shape.target_count, 1});
}

}  // namespace traind
