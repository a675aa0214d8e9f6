#ifndef TRAIND_SERVER_RECIPES_LOSS_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_LOSS_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Checks the recipe's loss, and that it goes together with the network's outputs.
// INVALID_ARGUMENT.
absl::Status ValidateLoss(const v1::Recipe& recipe, const v1::RecipeSummary& summary);

// Checks inline rows: their number, and their values against what goes into the network
// and what comes out. INVALID_ARGUMENT names the row.
absl::Status ValidateRows(const v1::Recipe& recipe, const v1::RecipeSummary& summary);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LOSS_VALIDATION_H_
