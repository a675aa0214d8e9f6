#ifndef TRAIND_SERVER_RECIPES_RECIPE_SOURCE_H_
#define TRAIND_SERVER_RECIPES_RECIPE_SOURCE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_catalog.h"
#include "server/recipes/recipe_text.h"
#include "server/recipes/recipe_validation.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// The recipe that a request means: its source (a name, a text or a message) with
// its overrides applied in order, validated. Request is any message with the
// fields `source` and `overrides` of StartTrainingRequest. NOT_FOUND for an
// unknown name, INVALID_ARGUMENT for everything else.
template <typename Request>
absl::StatusOr<v1::Recipe> ResolveRecipe(const Request& request, const RecipeCatalog& catalog,
                                         const Limits& limits) {
  v1::Recipe recipe;
  switch (request.source_case()) {
    case Request::kRecipeName: {
      ASSIGN_OR_RETURN(recipe, catalog.Find(request.recipe_name()));
      break;
    }
    case Request::kRecipeText: {
      const int64_t size = static_cast<int64_t>(request.recipe_text().size());
      if (size > limits.recipe_bytes_max) {
        return absl::InvalidArgumentError(absl::StrCat(
            "recipe_text: expected at most ", limits.recipe_bytes_max, " bytes, got ", size));
      }
      ASSIGN_OR_RETURN(recipe, ParseRecipe(request.recipe_text(), "recipe"));
      break;
    }
    case Request::kRecipe:
      recipe = request.recipe();
      break;
    case Request::SOURCE_NOT_SET:
      return absl::InvalidArgumentError(
          "source: expected one of recipe_name, recipe_text and recipe, got none");
  }
  for (const v1::Override& change : request.overrides()) {
    RETURN_IF_ERROR(ApplyOverride(change.path(), change.value(), recipe));
  }
  RETURN_IF_ERROR(ValidateRecipe(recipe));
  return recipe;
}

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_SOURCE_H_
