#include "client/trainctl/recipe_flags.h"

#include "absl/strings/str_cat.h"
#include "client/file_text.h"

namespace traind {
namespace {

constexpr int kRecipeBytesMax = 1 << 20;

}  // namespace

absl::StatusOr<std::string> ReadRecipeFile(const std::string& path) {
  return ReadFileText(path, "recipe", kRecipeBytesMax);
}

absl::StatusOr<v1::Override> ParseOverride(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--set: expected path=value such as optimizer.sgd.learning_rate=0.05, got `", text, "`"));
  }
  v1::Override change;
  change.set_path(text.substr(0, equals));
  change.set_value(text.substr(equals + 1));
  return change;
}

}  // namespace traind
