#include "server/rpc_report.h"

#include <string>

#include "absl/strings/str_format.h"
#include "server/logging.h"

namespace traind {
namespace {

LogLevel LevelOfCall(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
    // A client that hangs up, as `trainctl logs -f` does on Ctrl-C, is no failure.
    case absl::StatusCode::kCancelled:
      return LogLevel::kDebug;
    // These are never the client's fault.
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

}  // namespace

void RpcReport::OnCallEnded(const CallOutcome& call) {
  metrics_.OnCallEnded(call.method, call.status.code(), call.duration);
  const LogLevel level = LevelOfCall(call.status.code());
  if (!LogsLevel(level)) return;
  std::vector<LogField> fields = {
      {"method", std::string(call.method)},
      {"code", absl::StatusCodeToString(call.status.code())},
      {"seconds", absl::StrFormat("%.6f", absl::ToDoubleSeconds(call.duration))},
      {"peer", std::string(call.peer)}};
  if (!call.status.ok()) fields.emplace_back("error", call.status.message());
  Log(level, call.status.ok() ? "call done" : "call failed", fields);
}

}  // namespace traind
