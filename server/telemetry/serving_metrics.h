#ifndef TRAIND_SERVER_TELEMETRY_SERVING_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_SERVING_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <utility>
#include <vector>

#include "server/serving/serving_state.h"

namespace traind {

// Whether the server and its versions are ready, what waits, and what the serving worker
// uses: looked up at each scrape. Thread-safe.
class ServingMetrics final : public prometheus::Collectable {
 public:
  // What is looked up; an empty one has no series. Of the versions at most
  // `versions_max`, those first that are not ready.
  struct Sources {
    std::function<int()> queue_depth;
    std::function<ServingState()> state;
    int versions_max = 100;
  };

  explicit ServingMetrics(Sources sources) : sources_(std::move(sources)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Sources sources_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_SERVING_METRICS_H_
