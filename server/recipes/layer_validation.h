#ifndef TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Checks the fields of layers that shapes do not depend on: probabilities and
// batch normalisation's constants. INVALID_ARGUMENT names the field's path.
absl::Status ValidateLayerFields(const v1::Network& network);

// Checks what comes out of the last layer: [K] logits, K >= 2, and that batch
// normalisation sees more than one value per channel. INVALID_ARGUMENT.
absl::Status ValidateNetworkSummary(const v1::Recipe& recipe, const v1::RecipeSummary& summary);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_
