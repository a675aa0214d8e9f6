#include "server/torch/train/evaluation_metrics.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

bool Has(const std::vector<v1::Metric>& metrics, v1::Metric::KindCase kind) {
  return std::any_of(metrics.begin(), metrics.end(),
                     [kind](const v1::Metric& metric) { return metric.kind_case() == kind; });
}

std::vector<v1::Metric> MetricsOf(const v1::Recipe& recipe) {
  std::vector<v1::Metric> metrics(recipe.metrics().begin(), recipe.metrics().end());
  const v1::SelectionMetric selected = recipe.selection().metric();
  if (selected == v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR &&
      !Has(metrics, v1::Metric::kMeanAbsoluteError)) {
    metrics.emplace_back().mutable_mean_absolute_error();
  }
  if (selected == v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR &&
      !Has(metrics, v1::Metric::kRootMeanSquaredError)) {
    metrics.emplace_back().mutable_root_mean_squared_error();
  }
  return metrics;
}

v1::MetricValue One(const std::string& name, double value) {
  v1::MetricValue metric;
  metric.set_name(name);
  metric.add_values(value);
  return metric;
}

v1::MetricValue Many(const std::string& name, const at::Tensor& values) {
  v1::MetricValue metric;
  metric.set_name(name);
  const at::Tensor plain = values.to(at::kDouble).contiguous();
  const double* data = plain.const_data_ptr<double>();
  metric.mutable_values()->Add(data, data + plain.numel());
  return metric;
}

// 0 where there is nothing to divide by.
at::Tensor Shares(const at::Tensor& counts, const at::Tensor& totals) {
  return counts.to(at::kDouble) / totals.clamp_min(1).to(at::kDouble);
}

void AddTo(at::Tensor& sum, const at::Tensor& part) {
  if (sum.defined()) {
    sum.add_(part);
  } else {
    sum = part.clone();
  }
}

}  // namespace

EvaluationMetrics::EvaluationMetrics(const v1::Recipe& recipe)
    : metrics_(MetricsOf(recipe)),
      has_confusion_(Has(metrics_, v1::Metric::kConfusionMatrix) ||
                     Has(metrics_, v1::Metric::kPrecisionRecall)),
      has_errors_(Has(metrics_, v1::Metric::kMeanAbsoluteError) ||
                  Has(metrics_, v1::Metric::kRootMeanSquaredError)),
      top_counts_(metrics_.size()) {}

void EvaluationMetrics::Add(const at::Tensor& outputs, const at::Tensor& targets) {
  row_count_ += outputs.size(0);
  value_count_ += outputs.numel();
  class_count_ = outputs.size(1);
  AddClasses(outputs, targets);
  if (has_errors_) AddErrors(outputs, targets);
}

void EvaluationMetrics::AddClasses(const at::Tensor& outputs, const at::Tensor& targets) {
  for (size_t i = 0; i < metrics_.size(); ++i) {
    if (!metrics_[i].has_top_k_accuracy()) continue;
    const at::Tensor top = std::get<1>(outputs.topk(metrics_[i].top_k_accuracy(), /*dim=*/1));
    AddTo(top_counts_[i], top.eq(targets.unsqueeze(1)).sum());
  }
  if (!has_confusion_) return;
  const at::Tensor pairs = targets * class_count_ + outputs.argmax(1);
  AddTo(confusion_, at::bincount(pairs, /*weights=*/{}, class_count_ * class_count_));
}

void EvaluationMetrics::AddErrors(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::Tensor errors = outputs - targets;
  AddTo(absolute_sum_, errors.abs().sum(at::kDouble));
  AddTo(square_sum_, errors.square().sum(at::kDouble));
}

std::vector<v1::MetricValue> EvaluationMetrics::Values() const {
  std::vector<v1::MetricValue> values;
  const auto value_count = static_cast<double>(value_count_);
  for (size_t i = 0; i < metrics_.size(); ++i) {
    const v1::Metric& metric = metrics_[i];
    if (metric.has_top_k_accuracy()) {
      const auto count = static_cast<double>(top_counts_[i].item<int64_t>());
      values.push_back(One(absl::StrCat("top_", metric.top_k_accuracy(), "_accuracy"),
                           count / static_cast<double>(row_count_)));
    } else if (metric.has_mean_absolute_error()) {
      values.push_back(One(kMeanAbsoluteErrorName, absolute_sum_.item<double>() / value_count));
    } else if (metric.has_root_mean_squared_error()) {
      values.push_back(
          One(kRootMeanSquaredErrorName, std::sqrt(square_sum_.item<double>() / value_count)));
    } else {
      AppendClassFigures(metric, values);
    }
  }
  return values;
}

void EvaluationMetrics::AppendClassFigures(const v1::Metric& metric,
                                           std::vector<v1::MetricValue>& values) const {
  const at::Tensor matrix = confusion_.to(at::kCPU).view({class_count_, class_count_});
  if (metric.has_confusion_matrix()) {
    values.push_back(Many("confusion_matrix", matrix));
    return;
  }
  const at::Tensor right = matrix.diagonal();
  values.push_back(Many("precision", Shares(right, matrix.sum(0))));
  values.push_back(Many("recall", Shares(right, matrix.sum(1))));
}

}  // namespace traind
