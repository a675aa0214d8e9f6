#ifndef TRAIND_SERVER_LOG_LINE_H_
#define TRAIND_SERVER_LOG_LINE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace traind {

// A named value of a log line, such as {"run", "s4-17"}.
using LogField = std::pair<absl::string_view, std::string>;

// Both formats make one line of whatever they are given, also of a client's
// bytes: line breaks and other control characters are escaped, and a value longer
// than 4096 bytes is cut. The result has no line end.

// One line in the `json` format; `time` is taken as it is. ASCII alone.
std::string FormatJsonLine(absl::string_view time, absl::string_view level,
                           absl::string_view message, const std::vector<LogField>& fields);

// One message in the `text` format, without time and level. A value that is
// empty or has spaces, quotes or control characters is quoted and escaped.
std::string FormatTextLine(absl::string_view message, const std::vector<LogField>& fields);

}  // namespace traind

#endif  // TRAIND_SERVER_LOG_LINE_H_
