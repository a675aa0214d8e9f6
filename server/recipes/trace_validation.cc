#include "server/recipes/trace_validation.h"

#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

constexpr char kField[] = "execution.trace";

template <typename Sizes>
int64_t ValueProduct(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// Values of one step: see TraceLayout.
int64_t ValueCount(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  int64_t of_a_sample = ValueProduct(summary.input_shape());
  of_a_sample += HasClassTargets(recipe.loss()) ? 1 : ClassCount(summary);
  for (const v1::LayerSummary& layer : summary.layers()) {
    of_a_sample += ValueProduct(layer.output_shape());
  }
  const int64_t trained = summary.parameter_count() - summary.frozen_parameter_count();
  return 2 * trained + recipe.batch_size() * of_a_sample;
}

}  // namespace

absl::Status ValidateTrace(const v1::Recipe& recipe, const v1::Execution& execution) {
  if (!execution.trace()) return absl::OkStatus();
  const Limits limits;
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  if (summary.parameter_count() > limits.trace_parameters_max) {
    return FieldError(kField,
                      absl::StrCat("a network of at most ", limits.trace_parameters_max,
                                   " parameters (trace_parameters_max)"),
                      absl::StrCat(summary.parameter_count()));
  }
  const int64_t value_count = ValueCount(recipe, summary);
  if (value_count > limits.trace_values_max) {
    return FieldError(
        kField,
        absl::StrCat("at most ", limits.trace_values_max, " values a step (trace_values_max)"),
        absl::StrCat(value_count, "; use a smaller batch_size"));
  }
  const std::string& step = execution.step();
  if (!step.empty() && step != "auto" && step != "plain") {
    return FieldError(kField, "execution.step plain, or none", step);
  }
  if (recipe.data().augmentation().mixup_alpha() > 0) {
    return FieldError(kField, "no data.augmentation.mixup_alpha", "one");
  }
  return absl::OkStatus();
}

absl::Status ValidateTraceLength(const v1::Recipe& recipe, int64_t train_row_count) {
  const Limits limits;
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  const int64_t batch_size = recipe.batch_size();
  const int64_t step_count =
      recipe.epoch_count() * ((train_row_count + batch_size - 1) / batch_size);
  if (step_count > limits.trace_steps_max) {
    return FieldError(
        kField,
        absl::StrCat("a run of at most ", limits.trace_steps_max, " steps (trace_steps_max)"),
        absl::StrCat(step_count, "; use fewer epochs or a larger batch_size"));
  }
  const int64_t bytes = step_count * TraceRowBytes(ValueCount(recipe, summary));
  if (bytes <= limits.trace_bytes_max) return absl::OkStatus();
  return FieldError(
      kField,
      absl::StrCat("a trace of at most ", limits.trace_bytes_max, " bytes (trace_bytes_max)"),
      absl::StrCat(bytes, ", ", step_count, " steps; use fewer epochs"));
}

}  // namespace traind
