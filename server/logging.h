#ifndef TRAIND_SERVER_LOGGING_H_
#define TRAIND_SERVER_LOGGING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/log_line.h"

namespace traind {

// From the most to the least talkative.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// `debug`, `info`, `warning` or `error`, as in --log-level.
absl::string_view LogLevelName(LogLevel level);
// The level of that name. INVALID_ARGUMENT lists the names.
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name);

struct LogOptions {
  // `text` (time, level, message, then key=value) or `json` (one object a line).
  std::string format = "text";
  // The least level that is written.
  LogLevel level = LogLevel::kInfo;
  // What every line of the process begins its values with.
  std::vector<LogField> fields = {};
};

// Sets up the process's log on stderr. Call once, before the first Log.
void StartLogging(const LogOptions& options);

// Writes one line: what happened as a fixed text, and its values; last the
// `request` that the thread works for (RequestScope), if any. Thread-safe.
void Log(LogLevel level, absl::string_view message, const std::vector<LogField>& fields = {});

// Whether Log writes such lines now; ask before values that are dear to make.
bool LogsLevel(LogLevel level);

// The least level that is written, and a change of it, of which a line tells that
// is written either way. Thread-safe.
LogLevel CurrentLogLevel();
void ChangeLogLevel(LogLevel level);
// Changes to debug, or back from it to what StartLogging was given.
void ToggleDebugLog();

}  // namespace traind

#endif  // TRAIND_SERVER_LOGGING_H_
