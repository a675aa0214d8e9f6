#ifndef TRAIND_SERVER_RECIPES_RECIPE_TEXT_H_
#define TRAIND_SERVER_RECIPES_RECIPE_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Parses a recipe written as textproto. Does not validate it, see
// recipe_validation.h. INVALID_ARGUMENT starts with "source_name:line:column: "
// (1-based) of the first mistake.
absl::StatusOr<v1::Recipe> ParseRecipe(absl::string_view text, absl::string_view source_name);

// The recipe as textproto that ParseRecipe reads back to an equal message.
std::string PrintRecipe(const v1::Recipe& recipe);

// Sets one field, as `--set path=value` does. `path` is a field path such as
// `optimizer.sgd.learning_rate` or `network.layers[4].dropout.probability`;
// setting a field inside a oneof selects that kind. `value` is what textproto
// would hold there; strings may be given without quotes. INVALID_ARGUMENT names
// the part that is unknown together with the valid names at that place, or says
// what kind of value was expected and what came. The recipe is unchanged on error.
absl::Status ApplyOverride(absl::string_view path, absl::string_view value, v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_TEXT_H_
