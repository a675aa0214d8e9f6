#ifndef TRAIND_CLIENT_TRAINCTL_RECIPE_FLAGS_H_
#define TRAIND_CLIENT_TRAINCTL_RECIPE_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// What the user said about which recipe to take.
struct RecipeFlags {
  std::string name;  // on the server
  std::string file;  // textproto on this machine
  std::vector<std::string> sets;
};

// The text of a recipe file. Errors are those of reading a file.
absl::StatusOr<std::string> ReadRecipeFile(const std::string& path);

// Reads `path=value` into an override. INVALID_ARGUMENT when there is no `=` or no path.
absl::StatusOr<v1::Override> ParseOverride(const std::string& text);

// Fills source and overrides of a StartTrainingRequest or SummarizeRecipeRequest.
template <typename Request>
absl::Status FillRecipe(const RecipeFlags& flags, Request& request) {
  if (flags.file.empty()) {
    request.set_recipe_name(flags.name);
  } else {
    absl::StatusOr<std::string> text = ReadRecipeFile(flags.file);
    if (!text.ok()) return text.status();
    request.set_recipe_text(*std::move(text));
  }
  for (const std::string& set : flags.sets) {
    absl::StatusOr<v1::Override> change = ParseOverride(set);
    if (!change.ok()) return change.status();
    *request.add_overrides() = *std::move(change);
  }
  return absl::OkStatus();
}

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RECIPE_FLAGS_H_
