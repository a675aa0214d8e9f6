#include "server/recipes/text_position.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace traind {
namespace {

constexpr int kTabWidth = 8;

// Byte that the parser means by its line and column.
size_t OffsetOf(absl::string_view text, int line, int column) {
  size_t offset = 0;
  for (int l = 0; l < line; ++l) {
    const size_t end = text.find('\n', offset);
    if (end == absl::string_view::npos) return text.size();
    offset = end + 1;
  }
  for (int c = 0; c < column && offset < text.size(); ++offset) {
    c += text[offset] == '\t' ? kTabWidth - c % kTabWidth : 1;
  }
  return offset;
}

TextPosition PositionAt(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const size_t newline = before.rfind('\n');
  TextPosition position;
  position.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  position.column =
      1 + static_cast<int>(newline == absl::string_view::npos ? offset : offset - newline - 1);
  return position;
}

}  // namespace

TextPosition PositionOfMistake(absl::string_view text, int line, int column,
                               absl::string_view message) {
  const size_t offset = OffsetOf(text, line, column);
  const absl::string_view before = absl::StripTrailingAsciiWhitespace(text.substr(0, offset));
  // Every second piece stands between quotes.
  const std::vector<absl::string_view> pieces = absl::StrSplit(message, '"');
  for (size_t i = 1; i < pieces.size(); i += 2) {
    if (!pieces[i].empty() && absl::EndsWith(before, pieces[i])) {
      return PositionAt(text, before.size() - pieces[i].size());
    }
  }
  return PositionAt(text, offset);
}

}  // namespace traind
