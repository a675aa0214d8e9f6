#ifndef TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "server/serving/predict_observer.h"

namespace traind {

// Counts Predict calls and their latency by model, version and code. A request
// for no known model has empty labels, so only published versions make series.
// Thread-safe.
class PredictMetrics {
 public:
  explicit PredictMetrics(prometheus::Registry& registry);

  void OnPredict(const PredictOutcome& outcome);

 private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& rows_;
  prometheus::Family<prometheus::Histogram>& duration_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_PREDICT_METRICS_H_
