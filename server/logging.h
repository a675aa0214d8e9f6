#ifndef TRAIND_SERVER_LOGGING_H_
#define TRAIND_SERVER_LOGGING_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace traind {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A named value of a log line, such as {"run", "s4-17"}.
using LogField = std::pair<absl::string_view, std::string>;

// Sets up the process's log on stderr: `format` is `text` (time, level, message,
// then key=value) or `json` (one object a line); `level` is the least level that
// is written, by its name as in --log-level. Call once, before the first Log.
void StartLogging(absl::string_view format, absl::string_view level);

// Writes one line: what happened as a fixed text, and its values. Thread-safe.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// One line in the `json` format, without its line end; `time` is taken as it is.
std::string FormatJsonLine(absl::string_view time, absl::string_view level,
                           absl::string_view message, std::initializer_list<LogField> fields);

// One message in the `text` format, without time and level. A value that is
// empty or has spaces, quotes or control characters is quoted and escaped.
std::string FormatTextLine(absl::string_view message, std::initializer_list<LogField> fields);

}  // namespace traind

#endif  // TRAIND_SERVER_LOGGING_H_
