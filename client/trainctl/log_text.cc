#include "client/trainctl/log_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/progress_line.h"

namespace traind {
namespace {

double EvalPercent(const v1::EpochFinished& epoch) {
  return epoch.eval_sample_count() > 0
             ? 100.0 * epoch.eval_correct_count() / epoch.eval_sample_count()
             : 0;
}

}  // namespace

std::string EpochLine(int epoch) { return absl::StrCat("Epoch:  ", epoch); }

std::string FinishedLine(const v1::EpochFinished& epoch, std::optional<int> columns) {
  return ProgressLine({.loss = epoch.last_loss(),
                       .done = epoch.step_count(),
                       .total = epoch.step_count(),
                       .elapsed_seconds = epoch.train_seconds()},
                      columns);
}

std::string TestLine(const v1::EpochFinished& epoch) {
  const std::string loss = absl::StrFormat("Test set: Average loss: %.4f", epoch.eval_loss());
  if (epoch.without_accuracy()) return absl::StrCat(loss, ScalarMetricsText(epoch));
  return absl::StrFormat("%s, Accuracy: %d/%d (%.2f%%)%s", loss, epoch.eval_correct_count(),
                         epoch.eval_sample_count(), EvalPercent(epoch), ScalarMetricsText(epoch));
}

std::string ScalarMetricsText(const v1::EpochFinished& epoch) {
  std::string text;
  for (const v1::MetricValue& metric : epoch.metrics()) {
    if (metric.values_size() != 1) continue;
    absl::StrAppendFormat(&text, ", %s: %.4f", metric.name(), metric.values(0));
  }
  return text;
}

std::string AccuracyText(const v1::EpochFinished& epoch) {
  if (epoch.eval_sample_count() == 0 || epoch.without_accuracy()) return "";
  return absl::StrFormat("%.2f%%", EvalPercent(epoch));
}

}  // namespace traind
