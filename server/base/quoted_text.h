#ifndef TRAIND_SERVER_BASE_QUOTED_TEXT_H_
#define TRAIND_SERVER_BASE_QUOTED_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// Somebody's text for a message: in backquotes, cut when it is long, and escaped where it
// is not plain ASCII, so that a message is always one line of valid UTF-8.
std::string QuotedText(absl::string_view text);

// Whether the text is UTF-8.
bool IsUtf8(absl::string_view text);

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_QUOTED_TEXT_H_
