#ifndef TRAIND_SERVER_TELEMETRY_MODEL_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_MODEL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <string>

#include "server/runs/run_observer.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What the runs of one model add up to, as series. All of them are there, at 0,
// from the model's first run on, so that increase() sees the first increment.
struct ModelSeries {
  // The model as a label value.
  std::string model;
  // By v1::RunState; null for UNSPECIFIED.
  std::array<prometheus::Gauge*, v1::RunState_ARRAYSIZE> runs = {};
  // By AttemptEnd.
  std::array<prometheus::Counter*, 4> attempts = {};
  prometheus::Histogram& queue_wait;
  prometheus::Counter& samples;
  prometheus::Histogram& step_seconds;
  prometheus::Counter& data_wait;
  prometheus::Histogram& checkpoint_seconds;
  prometheus::Counter& checkpoint_bytes;
};

// Makes them, for a bounded number of models. Not thread-safe, but for scrapes.
class ModelMetrics {
 public:
  // Models past `models_max` share the label `other`. `registry` must outlive this.
  ModelMetrics(int models_max, prometheus::Registry& registry);
  ModelMetrics(const ModelMetrics&) = delete;

  // The model's series; stay valid as long as this lives.
  ModelSeries& Of(const std::string& model);

 private:
  ModelSeries Make(const std::string& model);

  const int models_max_;
  prometheus::Family<prometheus::Gauge>& runs_;
  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Histogram>& queue_wait_;
  prometheus::Family<prometheus::Counter>& samples_;
  prometheus::Family<prometheus::Histogram>& step_seconds_;
  prometheus::Family<prometheus::Counter>& data_wait_;
  prometheus::Family<prometheus::Histogram>& checkpoint_seconds_;
  prometheus::Family<prometheus::Counter>& checkpoint_bytes_;
  std::map<std::string, ModelSeries> models_;
};

// `running` for RUN_STATE_RUNNING.
std::string StateLabel(v1::RunState state);

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_MODEL_METRICS_H_
