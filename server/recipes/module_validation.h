#ifndef TRAIND_SERVER_RECIPES_MODULE_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_MODULE_VALIDATION_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Checks the network of a recipe that names a module in place of layers: its fields, that
// there are no layers, and that nothing is asked for that a module cannot do. OK for a
// network of layers. INVALID_ARGUMENT names the field.
absl::Status ValidateModule(const v1::Recipe& recipe);

// Checks that an execution asks nothing of a module that it cannot do: another precision
// than fp32 or tf32, another step than the plain one. INVALID_ARGUMENT.
absl::Status ValidateModuleExecution(const v1::Recipe& recipe, const v1::Execution& execution);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_MODULE_VALIDATION_H_
