#include "server/recipes/field_path.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"

namespace traind {
namespace {

// Digits of the largest index that is read; lists are far shorter.
constexpr size_t kIndexDigitsMax = 9;

bool IsName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

bool ParseIndex(absl::string_view text, std::optional<int>& index) {
  int value = 0;
  if (text.empty() || text.size() > kIndexDigitsMax ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &value)) {
    return false;
  }
  index = value;
  return true;
}

// `name` or `name[index]`.
bool ParsePart(absl::string_view text, FieldPathPart& part) {
  absl::string_view name = text;
  if (absl::ConsumeSuffix(&name, "]")) {
    const size_t bracket = name.find('[');
    if (bracket == absl::string_view::npos) return false;
    if (!ParseIndex(name.substr(bracket + 1), part.index)) return false;
    name = name.substr(0, bracket);
  }
  part.name = std::string(name);
  return IsName(name);
}

}  // namespace

absl::StatusOr<std::vector<FieldPathPart>> ParseFieldPath(absl::string_view path) {
  const size_t characters_max = RecipeBounds().override_path_characters_max;
  if (path.size() > characters_max) {
    return absl::InvalidArgumentError(absl::StrCat("field path: expected at most ", characters_max,
                                                   " characters, got ", path.size()));
  }
  std::vector<FieldPathPart> parts;
  std::string so_far;
  for (absl::string_view text : absl::StrSplit(path, '.')) {
    FieldPathPart part;
    if (!ParsePart(text, part)) {
      return absl::InvalidArgumentError(
          absl::StrCat("field path ", Quoted(path), ": expected names joined by dots, such as ",
                       "optimizer.sgd.learning_rate or network.layers[4].dropout, got ",
                       Quoted(text), " as a part"));
    }
    absl::StrAppend(&so_far, so_far.empty() ? "" : ".", text);
    part.path = so_far;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace traind
