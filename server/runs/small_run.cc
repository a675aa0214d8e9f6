#include "server/runs/small_run.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "server/recipes/recipe_summary.h"

namespace traind {
namespace {

// What a row costs at least: each of its values is touched.
int64_t InputValues(const v1::RecipeSummary& summary) {
  int64_t values = 1;
  for (const int64_t size : summary.input_shape()) values *= std::max<int64_t>(size, 1);
  return values;
}

}  // namespace

bool FitsSharedWorker(const v1::Recipe& recipe, const v1::Execution& execution, int64_t row_count,
                      const Limits& limits) {
  const bool plain =
      execution.device() == "cpu" && execution.thread_count() <= 1 &&
      (execution.precision() == v1::PRECISION_UNSPECIFIED ||
       execution.precision() == v1::PRECISION_FP32) &&
      (execution.step().empty() || execution.step() == "auto" || execution.step() == "plain");
  // Code of users gets a process of its own: it may end it, and draws random numbers from
  // what the threads of a process share.
  if (!plain || row_count <= 0 || recipe.network().has_module()) return false;
  const absl::StatusOr<v1::RecipeSummary> summary = SummarizeRecipe(recipe);
  if (!summary.ok()) return false;
  const int64_t row_work = std::max(
      {summary->multiply_accumulate_count(), summary->parameter_count(), InputValues(*summary)});
  return row_work <= limits.shared_epoch_work_max / row_count;
}

}  // namespace traind
