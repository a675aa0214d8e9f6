#ifndef TRAIND_SERVER_RECIPES_AUGMENTATION_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_AUGMENTATION_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Checks the augmentation's numbers, that only images are changed as images, and that a
// batch has rows to mix. INVALID_ARGUMENT.
absl::Status ValidateAugmentation(const v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_AUGMENTATION_VALIDATION_H_
