#ifndef TRAIND_SERVER_RECIPES_UPDATE_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_UPDATE_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Checks how weights are updated. Each gives INVALID_ARGUMENT with the field's path.

absl::Status ValidateOptimizer(const v1::Recipe& recipe);

absl::Status ValidateSchedule(const v1::Recipe& recipe);

// gradient_clipping, accumulate_batches and ema.
absl::Status ValidateUpdates(const v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_UPDATE_VALIDATION_H_
