#ifndef TRAIND_SERVER_TELEMETRY_FAMILIES_H_
#define TRAIND_SERVER_TELEMETRY_FAMILIES_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace traind {

// Families of one registry, a line each. `help` is what docs/METRICS.md says of them.

inline prometheus::Family<prometheus::Gauge>& GaugeFamily(const char* name, const char* help,
                                                          prometheus::Registry& registry) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

inline prometheus::Family<prometheus::Counter>& CounterFamily(const char* name, const char* help,
                                                              prometheus::Registry& registry) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

inline prometheus::Family<prometheus::Histogram>& HistogramFamily(const char* name,
                                                                  const char* help,
                                                                  prometheus::Registry& registry) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_FAMILIES_H_
