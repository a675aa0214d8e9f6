#ifndef TRAIND_TESTS_RECIPES_RECIPE_FIXTURE_H_
#define TRAIND_TESTS_RECIPES_RECIPE_FIXTURE_H_

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"
#include "server/recipes/recipe_text.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The text of a recipe of this repository; tests run in its root.
inline std::string ShippedRecipeText(const std::string& name) {
  std::ifstream stream("recipes/" + name + ".textproto");
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// A recipe of this repository. Parsed by protobuf itself, so that a test of the
// parser does not lean on the parser.
inline v1::Recipe ShippedRecipe(const std::string& name) {
  v1::Recipe recipe;
  google::protobuf::TextFormat::ParseFromString(ShippedRecipeText(name), &recipe);
  return recipe;
}

// A recipe that has nothing but this network, as textproto.
inline v1::Recipe RecipeOfNetwork(const std::string& network) {
  v1::Recipe recipe;
  google::protobuf::TextFormat::ParseFromString(network, recipe.mutable_network());
  return recipe;
}

// The message as a std::string, which GoogleMock can search.
inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace traind

#endif  // TRAIND_TESTS_RECIPES_RECIPE_FIXTURE_H_
