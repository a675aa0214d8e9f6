#ifndef TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Checks the fields of layers that shapes do not depend on, also of those within others:
// probabilities, constants of normalisations, how weights begin. INVALID_ARGUMENT names
// the field's path, `network.layers[3].residual.layers[1].dropout.probability`.
absl::Status ValidateLayerFields(const v1::Network& network);

// Checks what comes out of the last layer: [K] logits, K >= 2, that there are weights to
// train, and that batch normalisation sees more than one value per channel.
// INVALID_ARGUMENT.
absl::Status ValidateNetworkSummary(const v1::Recipe& recipe, const v1::RecipeSummary& summary);

// Checks that batch normalisation sees more than one value per channel in the last batch of
// an epoch, too, over `row_count` training rows. A valid recipe; INVALID_ARGUMENT.
absl::Status ValidateLastBatch(const v1::Recipe& recipe, int64_t row_count);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_VALIDATION_H_
