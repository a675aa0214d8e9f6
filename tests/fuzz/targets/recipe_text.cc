// Recipes as text: what is parsed is printed and parsed again, checked and summarised.
#include "server/recipes/recipe_text.h"

#include <cstddef>
#include <cstdint>

#include "server/recipes/recipe_summary.h"
#include "server/recipes/recipe_validation.h"
#include "tests/fuzz/targets/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<traind::v1::Recipe> recipe = traind::ParseRecipe(text, "fuzz");
  if (!recipe.ok()) {
    traind::RequireCode(recipe.status(), absl::StatusCode::kInvalidArgument);
    return 0;
  }
  const absl::Status valid = traind::ValidateRecipe(*recipe);
  if (valid.ok()) {
    traind::Require(traind::SummarizeRecipe(*recipe).ok(), "a valid recipe has a summary");
  } else {
    traind::RequireCode(valid, absl::StatusCode::kInvalidArgument);
  }
  const auto again = traind::ParseRecipe(traind::PrintRecipe(*recipe), "printed");
  // Not-a-number is equal to nothing, so the printed texts are compared.
  traind::Require(again.ok() && traind::PrintRecipe(*again) == traind::PrintRecipe(*recipe),
                  "a printed recipe says the same");
  return 0;
}
