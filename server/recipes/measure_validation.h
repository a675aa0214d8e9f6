#ifndef TRAIND_SERVER_RECIPES_MEASURE_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_MEASURE_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Checks what is measured after each epoch and what follows from it: selection, metrics,
// early_stopping, batch_norm_recalibration_batches. INVALID_ARGUMENT with the field's path.
absl::Status ValidateMeasures(const v1::Recipe& recipe, const v1::RecipeSummary& summary);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_MEASURE_VALIDATION_H_
