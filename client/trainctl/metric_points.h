#ifndef TRAIND_CLIENT_TRAINCTL_METRIC_POINTS_H_
#define TRAIND_CLIENT_TRAINCTL_METRIC_POINTS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/plot/plot.h"
#include "client/run_listener.h"
#include "client/trainctl/run_metric.h"

namespace traind {

// What a metric is drawn over. The time is that since the run's start, in seconds.
enum class PlotAxis { kStep, kEpoch, kTime };

// Collects the values of metrics from a run's events. When a later attempt takes a run
// up from a checkpoint, its steps are told again: what was told first goes. Used by
// one thread.
class MetricPoints final : public RunListener {
 public:
  MetricPoints(std::vector<RunMetric> metrics, PlotAxis axis, absl::Time start);

  void OnEvent(const v1::Event& event) override;

  // The points of the metric at `index`, in order of their steps.
  std::vector<PlotPoint> points(size_t index) const;
  // The further metrics that the run's epochs have.
  const std::set<std::string>& further_names() const { return further_names_; }

 private:
  struct Value {
    int64_t step = 0;
    PlotPoint point;
  };

  double X(const v1::Event& event, int64_t step) const;

  const std::vector<RunMetric> metrics_;
  const PlotAxis axis_;
  const absl::Time start_;
  int64_t steps_in_epoch_ = 0;  // 0: not told yet
  std::vector<std::vector<Value>> values_;
  std::set<std::string> further_names_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_METRIC_POINTS_H_
