#ifndef TRAIND_SERVER_RECIPES_RECIPE_CATALOG_H_
#define TRAIND_SERVER_RECIPES_RECIPE_CATALOG_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The recipes that a server knows by name: the valid `*.textproto` files of one
// folder, by file name without the ending. Immutable, so thread-safe.
class RecipeCatalog {
 public:
  // Reads and validates every recipe. NOT_FOUND when the folder is absent;
  // INVALID_ARGUMENT names file, line and column of the first bad one.
  static absl::StatusOr<RecipeCatalog> Load(const std::string& directory);

  // An empty catalog.
  RecipeCatalog() = default;

  // NOT_FOUND lists the known names.
  absl::StatusOr<v1::Recipe> Find(absl::string_view name) const;

  // Name → recipe, in order of names.
  const std::map<std::string, v1::Recipe>& recipes() const { return recipes_; }

 private:
  std::map<std::string, v1::Recipe> recipes_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_CATALOG_H_
