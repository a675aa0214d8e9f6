#include "server/recipes/recipe_text.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "server/base/limits.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/text_position.h"

namespace traind {
namespace {

// Keeps the first mistake; what the parser says after it is mostly fallout.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(absl::string_view text) : text_(text) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!message_.empty()) return;
    message_ = message;
    position_ = PositionOfMistake(text_, line, column, message);
  }

  absl::Status ToStatus(absl::string_view source_name) const {
    return absl::InvalidArgumentError(
        absl::StrCat(source_name, ":", position_.line, ":", position_.column, ": ",
                     message_.empty() ? "expected a recipe as textproto" : message_));
  }

 private:
  const absl::string_view text_;
  TextPosition position_;
  std::string message_;
};

}  // namespace

absl::StatusOr<v1::Recipe> ParseRecipe(absl::string_view text, absl::string_view source_name) {
  const int64_t bytes_max = Limits().recipe_bytes_max;
  if (static_cast<int64_t>(text.size()) > bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat(source_name, ":1:1: expected at most ",
                                                   bytes_max, " bytes, got ", text.size()));
  }
  FirstError error(text);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(RecipeBounds().text_depth_max);
  google::protobuf::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  v1::Recipe recipe;
  if (!parser.Parse(&input, &recipe)) return error.ToStatus(source_name);
  return recipe;
}

std::string PrintRecipe(const v1::Recipe& recipe) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(recipe, &text);
  return text;
}

}  // namespace traind
