#include "server/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/request_scope.h"

namespace traind {
namespace {

constexpr absl::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

// Set by StartLogging, then constant.
struct Setup {
  bool json_lines = false;
  LogLevel configured_level = LogLevel::kInfo;
  std::vector<LogField> fields;
};
Setup& TheSetup() {
  static auto* const setup = new Setup;
  return *setup;
}

std::atomic<LogLevel> current_level = LogLevel::kInfo;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void Write(LogLevel level, absl::string_view message, const std::vector<LogField>& own_fields) {
  const Setup& setup = TheSetup();
  std::vector<LogField> fields = setup.fields;
  fields.insert(fields.end(), own_fields.begin(), own_fields.end());
  if (const absl::string_view request = RequestScope::Current(); !request.empty()) {
    fields.emplace_back("request", request);
  }
  if (setup.json_lines) {
    const std::string time = absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone());
    spdlog::log(ToSpdlog(level), "{}", FormatJsonLine(time, LogLevelName(level), message, fields));
  } else {
    spdlog::log(ToSpdlog(level), "{}", FormatTextLine(message, fields));
  }
}

}  // namespace

absl::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<int>(level)]; }

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name) {
  const auto* const found = std::find(std::begin(kLevelNames), std::end(kLevelNames), name);
  if (found != std::end(kLevelNames)) return static_cast<LogLevel>(found - kLevelNames);
  return absl::InvalidArgumentError(
      absl::StrCat("log level: expected debug, info, warning or error, got \"", name, "\""));
}

void StartLogging(const LogOptions& options) {
  Setup& setup = TheSetup();
  setup.json_lines = options.format == "json";
  setup.configured_level = options.level;
  setup.fields = options.fields;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("traind", std::move(sink));
  // The level is looked at before a line is made; here everything passes.
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern(setup.json_lines ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_default_logger(std::move(logger));
  current_level = options.level;
}

void Log(LogLevel level, absl::string_view message, const std::vector<LogField>& fields) {
  if (LogsLevel(level)) Write(level, message, fields);
}

bool LogsLevel(LogLevel level) { return level >= CurrentLogLevel(); }

LogLevel CurrentLogLevel() { return current_level; }

void ChangeLogLevel(LogLevel level) {
  const LogLevel before = current_level.exchange(level);
  Write(LogLevel::kInfo, "log level changed",
        {{"from", std::string(LogLevelName(before))}, {"to", std::string(LogLevelName(level))}});
}

void ToggleDebugLog() {
  ChangeLogLevel(CurrentLogLevel() == LogLevel::kDebug ? TheSetup().configured_level
                                                       : LogLevel::kDebug);
}

}  // namespace traind
