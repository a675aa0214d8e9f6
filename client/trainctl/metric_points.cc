#include "client/trainctl/metric_points.h"

#include <optional>
#include <utility>

#include "client/trainctl/time_text.h"

namespace traind {

MetricPoints::MetricPoints(std::vector<RunMetric> metrics, PlotAxis axis, absl::Time start)
    : metrics_(std::move(metrics)), axis_(axis), start_(start), values_(metrics_.size()) {}

void MetricPoints::OnEvent(const v1::Event& event) {
  if (event.has_epoch_started()) steps_in_epoch_ = event.epoch_started().step_count();
  if (event.has_epoch_finished()) {
    for (std::string& name : FurtherMetricNames(event.epoch_finished())) {
      further_names_.insert(std::move(name));
    }
  }
  for (size_t i = 0; i < metrics_.size(); ++i) {
    const std::optional<double> value = ValueOf(metrics_[i], event);
    if (!value) continue;
    const int64_t step =
        event.has_train_step() ? event.train_step().step() : event.epoch_finished().step();
    std::vector<Value>& values = values_[i];
    while (!values.empty() && values.back().step >= step && step > 0) values.pop_back();
    values.push_back({.step = step, .point = {.x = X(event, step), .y = *value}});
  }
}

std::vector<PlotPoint> MetricPoints::points(size_t index) const {
  std::vector<PlotPoint> points;
  points.reserve(values_[index].size());
  for (const Value& value : values_[index]) points.push_back(value.point);
  return points;
}

double MetricPoints::X(const v1::Event& event, int64_t step) const {
  switch (axis_) {
    case PlotAxis::kStep:
      return static_cast<double>(step);
    case PlotAxis::kEpoch:
      if (event.has_epoch_finished()) return event.epoch_finished().epoch();
      if (steps_in_epoch_ == 0) return event.train_step().epoch();
      return static_cast<double>(step) / static_cast<double>(steps_in_epoch_);
    case PlotAxis::kTime:
      return absl::ToDoubleSeconds(ToTime(event.time()) - start_);
  }
  return 0;
}

}  // namespace traind
