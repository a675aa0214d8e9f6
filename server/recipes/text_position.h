#ifndef TRAIND_SERVER_RECIPES_TEXT_POSITION_H_
#define TRAIND_SERVER_RECIPES_TEXT_POSITION_H_

#include "absl/strings/string_view.h"

namespace traind {

// A place in a text, as editors show it: both count from 1, the column in bytes.
struct TextPosition {
  int line = 1;
  int column = 1;
};

// Where a mistake is that protobuf's text parser reported at `line` and `column`
// (from 0, tabs reaching to the next multiple of 8; -1 where it knows none).
// The parser points behind a name that it does not know; this goes back to the
// start of the name when `message` quotes it.
TextPosition PositionOfMistake(absl::string_view text, int line, int column,
                               absl::string_view message);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_TEXT_POSITION_H_
