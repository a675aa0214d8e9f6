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
  return absl::StrFormat("Test set: Average loss: %.4f, Accuracy: %d/%d (%.2f%%)",
                         epoch.eval_loss(), epoch.eval_correct_count(), epoch.eval_sample_count(),
                         EvalPercent(epoch));
}

std::string AccuracyText(const v1::EpochFinished& epoch) {
  if (epoch.eval_sample_count() == 0) return "";
  return absl::StrFormat("%.2f%%", EvalPercent(epoch));
}

}  // namespace traind
