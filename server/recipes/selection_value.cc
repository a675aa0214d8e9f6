#include "server/recipes/selection_value.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace traind {
namespace {

double MetricOf(const v1::EpochFinished& epoch, absl::string_view name) {
  for (const v1::MetricValue& metric : epoch.metrics()) {
    if (metric.name() == name && metric.values_size() == 1) return metric.values(0);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double SelectionValue(const v1::Selection& selection, const v1::EpochFinished& epoch) {
  switch (selection.metric()) {
    case v1::SELECTION_METRIC_LOSS:
      return epoch.eval_loss();
    case v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR:
      return MetricOf(epoch, kMeanAbsoluteErrorName);
    case v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR:
      return MetricOf(epoch, kRootMeanSquaredErrorName);
    default:
      return static_cast<double>(epoch.eval_correct_count()) /
             static_cast<double>(std::max<int64_t>(epoch.eval_sample_count(), 1));
  }
}

bool LargerIsBetter(const v1::Selection& selection) {
  return selection.metric() == v1::SELECTION_METRIC_ACCURACY ||
         selection.metric() == v1::SELECTION_METRIC_UNSPECIFIED;
}

bool IsAtLeastAsGood(const v1::Selection& selection, double value, double best) {
  return LargerIsBetter(selection) ? value >= best : value <= best;
}

absl::string_view SelectionName(const v1::Selection& selection) {
  switch (selection.metric()) {
    case v1::SELECTION_METRIC_LOSS:
      return "loss";
    case v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR:
      return kMeanAbsoluteErrorName;
    case v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR:
      return kRootMeanSquaredErrorName;
    default:
      return "accuracy";
  }
}

bool HasClassTargets(const v1::Loss& loss) {
  return loss.has_cross_entropy() || loss.kind_case() == v1::Loss::KIND_NOT_SET;
}

bool HasAccuracy(const v1::Loss& loss) {
  return HasClassTargets(loss) || loss.has_binary_cross_entropy();
}

}  // namespace traind
