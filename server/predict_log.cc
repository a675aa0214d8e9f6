#include "server/predict_log.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/logging.h"

namespace traind {

void LogLoadedModel(const v1::ModelVersion& version, const InferenceForm& form) {
  const bool is_bf16 = form.precision == v1::PRECISION_BF16;
  std::vector<LogField> fields = {
      {"model", version.model()},
      {"version", absl::StrCat(version.version())},
      {"device", form.device},
      {"precision", is_bf16 ? "bf16" : "fp32"},
      {"batch_norms", absl::StrCat(form.batch_norms_left, " of ", form.batch_norm_count)},
      {"fold_error", absl::StrCat(form.fold_error)}};
  if (is_bf16) {
    fields.emplace_back("logit_change", absl::StrCat(form.precision_error));
    fields.emplace_back("class_change_share", absl::StrCat(form.class_change_share));
  }
  if (!form.unfolded_reason.empty()) fields.emplace_back("not_folded", form.unfolded_reason);
  if (form.is_fused) fields.emplace_back("kernels", "fused");
  if (!form.unfused_reason.empty()) fields.emplace_back("not_fused", form.unfused_reason);
  if (form.graph_count > 0) fields.emplace_back("graphs", absl::StrCat(form.graph_count));
  if (!form.ungraphed_reason.empty()) fields.emplace_back("no_graphs", form.ungraphed_reason);
  Log(LogLevel::kInfo, "model loaded", fields);
}

void LogFailedLoad(const ModelPool::Status& status) {
  if (status.cause != ModelPool::Cause::kLoadFailed) return;
  Log(LogLevel::kWarning, "model not loaded",
      {{"model", status.model},
       {"version", absl::StrCat(status.version)},
       {"error", status.reason}});
}

void LogAbsentPin(const std::string& model, const absl::Status& found) {
  if (found.ok()) return;
  Log(LogLevel::kWarning, "a model of --pin is not there yet",
      {{"model", model}, {"error", std::string(found.message())}});
}

void LogStuckExecution(const StuckExecution& execution) {
  Log(LogLevel::kError, "a prediction does not come back",
      {{"model", execution.model},
       {"version", absl::StrCat(execution.version)},
       {"rows", absl::StrCat(execution.row_count)},
       {"elapsed", absl::FormatDuration(execution.elapsed)}});
}

}  // namespace traind
