#include "server/process_log_control.h"

#include "server/logging.h"

namespace traind {
namespace {

// The proto's levels begin after UNSPECIFIED; the rest is in the same order.
constexpr int kOffset = 1;
static_assert(static_cast<int>(LogLevel::kDebug) + kOffset == v1::LOG_LEVEL_DEBUG);
static_assert(static_cast<int>(LogLevel::kInfo) + kOffset == v1::LOG_LEVEL_INFO);
static_assert(static_cast<int>(LogLevel::kWarning) + kOffset == v1::LOG_LEVEL_WARNING);
static_assert(static_cast<int>(LogLevel::kError) + kOffset == v1::LOG_LEVEL_ERROR);

}  // namespace

v1::LogLevel ProcessLogControl::level() const {
  return static_cast<v1::LogLevel>(static_cast<int>(CurrentLogLevel()) + kOffset);
}

void ProcessLogControl::SetLevel(v1::LogLevel level) {
  ChangeLogLevel(static_cast<LogLevel>(level - kOffset));
}

}  // namespace traind
