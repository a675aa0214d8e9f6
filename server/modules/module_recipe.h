#ifndef TRAIND_SERVER_MODULES_MODULE_RECIPE_H_
#define TRAIND_SERVER_MODULES_MODULE_RECIPE_H_

#include <string>

#include "absl/status/status.h"
#include "server/modules/module_directory.h"
#include "traind/v1/module.pb.h"
#include "traind/v1/module_service.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Looks up the module of a valid recipe's network, checks that it can be trained as the
// recipe says, and fills in its SHA-256 and parameter count. Nothing happens to a recipe
// of layers. FAILED_PRECONDITION when modules are not allowed, there is none of this name,
// or its SHA-256 is another one; INVALID_ARGUMENT names the field that does not fit.
absl::Status ResolveModule(const ModuleDirectory& modules, v1::Recipe& recipe);

// The recipe of a version that is a module as it was pushed: its network, and a loss that
// goes with what its outputs mean.
v1::Recipe RecipeOfModule(const v1::Module& module, const std::string& model,
                          v1::ModuleOutputs outputs);

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_RECIPE_H_
