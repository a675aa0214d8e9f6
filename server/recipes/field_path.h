#ifndef TRAIND_SERVER_RECIPES_FIELD_PATH_H_
#define TRAIND_SERVER_RECIPES_FIELD_PATH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// One part of a field path: `layers[4]` is {"layers", 4}.
struct FieldPathPart {
  std::string name;
  std::optional<int> index;
  // The path up to and with this part, for messages.
  std::string path;
};

// Splits `network.layers[4].dropout` into its parts. INVALID_ARGUMENT for an
// empty part, an index that is not a number, or a path longer than
// RecipeBounds::override_path_characters_max. Names are not looked up.
absl::StatusOr<std::vector<FieldPathPart>> ParseFieldPath(absl::string_view path);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_FIELD_PATH_H_
