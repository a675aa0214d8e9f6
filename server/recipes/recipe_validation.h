#ifndef TRAIND_SERVER_RECIPES_RECIPE_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_RECIPE_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Checks every field of a recipe that needs no look at the data: required
// fields, ranges, finite numbers, and that layer shapes fit (by SummarizeRecipe).
// INVALID_ARGUMENT names the first bad field's path, what was expected and what
// came: "optimizer.sgd.learning_rate: expected a finite number > 0, got nan".
absl::Status ValidateRecipe(const v1::Recipe& recipe);

// Checks the syntax and ranges of an execution: device `cpu`, `cuda`, `cuda:N`,
// `auto` or empty; non-negative counts. Whether the device exists is not its concern.
absl::Status ValidateExecution(const v1::Execution& execution);

// Checks that a valid recipe and a valid execution go together. INVALID_ARGUMENT.
absl::Status ValidateTogether(const v1::Recipe& recipe, const v1::Execution& execution);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_VALIDATION_H_
