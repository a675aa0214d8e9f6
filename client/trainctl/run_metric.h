#ifndef TRAIND_CLIENT_TRAINCTL_RUN_METRIC_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_METRIC_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A figure that events of a run tell: a number of TrainStep or EpochFinished by its
// name there (`loss`, `eval_loss`), `accuracy` and `train_accuracy` in percent, or one
// of the recipe's further metrics (`top_5_accuracy`; of one with a value for each class
// `precision[3]`).
struct RunMetric {
  std::string name;
  v1::EventKind kind = v1::EVENT_KIND_UNSPECIFIED;  // of the events that have it
  std::string label;                                // for an axis, with its unit
  std::string field;                                // of the event, or the further metric's name
  int index = 0;                                    // of the further metric's values
};

// The metric of this name. A name that no event's field has is taken for a further
// metric. INVALID_ARGUMENT for what cannot be a name.
absl::StatusOr<RunMetric> FindRunMetric(const std::string& name);

// The metric's value in this event; nothing where the event does not have it.
std::optional<double> ValueOf(const RunMetric& metric, const v1::Event& event);

// Names of the figures that every run has, in the order of the proto.
std::vector<std::string> RunMetricNames();

// Names of the further figures of an epoch that are one number, or one for each class.
std::vector<std::string> FurtherMetricNames(const v1::EpochFinished& epoch);

// Share of right rows in percent; nothing without rows.
std::optional<double> Percent(int64_t right_count, int64_t row_count);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_METRIC_H_
