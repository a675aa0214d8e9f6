#ifndef TRAIND_SERVER_TELEMETRY_SAMPLED_H_
#define TRAIND_SERVER_TELEMETRY_SAMPLED_H_

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace traind {

// Families whose values are looked up when they are scraped, made by collectables.

// A family that has no series yet.
inline prometheus::MetricFamily SampledFamily(prometheus::MetricType type, const char* name,
                                              const char* help) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

// Adds a series to a family of gauges or counters.
inline void AddSample(double value, std::vector<prometheus::ClientMetric::Label> labels,
                      prometheus::MetricFamily& family) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

// A family of one series without labels.
inline prometheus::MetricFamily Sample(prometheus::MetricType type, const char* name,
                                       const char* help, double value) {
  prometheus::MetricFamily family = SampledFamily(type, name, help);
  AddSample(value, {}, family);
  return family;
}

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_SAMPLED_H_
