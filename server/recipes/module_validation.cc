#include "server/recipes/module_validation.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"

namespace traind {
namespace {

constexpr char kPlainStep[] = "plain";

absl::Status ValidateSha256(const std::string& sha256) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  if (sha256.empty() ||
      (sha256.size() == 64 && std::all_of(sha256.begin(), sha256.end(), is_digit))) {
    return absl::OkStatus();
  }
  return FieldError("network.module.sha256", "64 lower-case hexadecimal digits", Quoted(sha256));
}

}  // namespace

absl::Status ValidateModule(const v1::Recipe& recipe) {
  if (!recipe.network().has_module()) return absl::OkStatus();
  const v1::ModuleReference& module = recipe.network().module();
  const RecipeBounds bounds;
  if (!recipe.network().layers().empty()) {
    return FieldError("network.layers", "none beside network.module",
                      absl::StrCat(recipe.network().layers_size()));
  }
  RETURN_IF_ERROR(
      ExpectName("network.module.name", module.name(), false, bounds.name_characters_max));
  RETURN_IF_ERROR(ExpectCount("network.module.out_features", module.out_features(), 1,
                              bounds.input_values_max));
  RETURN_IF_ERROR(ValidateSha256(module.sha256()));
  RETURN_IF_ERROR(ExpectCount("network.module.parameter_count", module.parameter_count(), 0,
                              Limits().parameters_max));
  if (recipe.float64()) {
    return FieldError("float64", "nothing beside network.module, which has 32-bit numbers", "true");
  }
  if (recipe.batch_norm_recalibration_batches() == 0) return absl::OkStatus();
  return FieldError("batch_norm_recalibration_batches",
                    "nothing beside network.module, whose layers are not known",
                    absl::StrCat(recipe.batch_norm_recalibration_batches()));
}

absl::Status ValidateModuleExecution(const v1::Recipe& recipe, const v1::Execution& execution) {
  if (!recipe.network().has_module()) return absl::OkStatus();
  if (execution.precision() == v1::PRECISION_BF16) {
    return FieldError("execution.precision", "PRECISION_FP32 or PRECISION_TF32 for a module",
                      v1::Precision_Name(execution.precision()));
  }
  if (execution.trace()) {
    return FieldError("execution.trace", "none for a module, whose layers are not known", "one");
  }
  const std::string& step = execution.step();
  if (step.empty() || step == "auto" || step == kPlainStep) return absl::OkStatus();
  return FieldError("execution.step", absl::StrCat("auto or ", kPlainStep, " for a module"), step);
}

}  // namespace traind
