#include "server/recipes/recipe_catalog.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/recipe_text.h"
#include "server/recipes/recipe_validation.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// Recipe files in order of names, so that the first bad one is always the same.
absl::StatusOr<std::vector<fs::path>> ListRecipeFiles(const std::string& directory) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  if (error) {
    return absl::NotFoundError(absl::StrCat("recipe folder ", directory, ": ", error.message(),
                                            "; name the folder that holds *.textproto files"));
  }
  std::vector<fs::path> files;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".textproto") files.push_back(entry->path());
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("recipe folder ", directory, ": ", error.message()));
  }
  const size_t recipes_max = RecipeBounds().catalog_recipes_max;
  if (files.size() > recipes_max) {
    return absl::InvalidArgumentError(absl::StrCat("recipe folder ", directory,
                                                   ": expected at most ", recipes_max,
                                                   " recipes, got ", files.size()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::string> ReadText(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  // One byte more than allowed is enough for ParseRecipe to refuse the text.
  std::string text(Limits().recipe_bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.string(), ":1:1: expected a readable file"));
  }
  text.resize(stream.gcount());
  return text;
}

absl::StatusOr<v1::Recipe> LoadRecipe(const fs::path& file) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(file));
  ASSIGN_OR_RETURN(v1::Recipe recipe, ParseRecipe(text, file.string()));
  if (const absl::Status valid = ValidateRecipe(recipe); !valid.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file.string(), ": ", valid.message()));
  }
  return recipe;
}

}  // namespace

absl::StatusOr<RecipeCatalog> RecipeCatalog::Load(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<fs::path> files, ListRecipeFiles(directory));
  RecipeCatalog catalog;
  for (const fs::path& file : files) {
    ASSIGN_OR_RETURN(v1::Recipe recipe, LoadRecipe(file));
    catalog.recipes_.emplace(file.stem().string(), std::move(recipe));
  }
  return catalog;
}

absl::StatusOr<v1::Recipe> RecipeCatalog::Find(absl::string_view name) const {
  const auto found = recipes_.find(std::string(name));
  if (found != recipes_.end()) return found->second;
  const std::string known = absl::StrJoin(
      recipes_, ", ", [](std::string* out, const auto& entry) { out->append(entry.first); });
  return absl::NotFoundError(absl::StrCat("no recipe ", Quoted(name),
                                          "; known recipes: ", known.empty() ? "none" : known));
}

}  // namespace traind
