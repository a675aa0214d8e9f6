#include "client/run_state.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

std::string ShortName(const std::string& name, const std::string& prefix, int number) {
  if (name.empty()) return absl::StrCat("UNKNOWN(", number, ")");
  return std::string(absl::StripPrefix(name, prefix));
}

}  // namespace

bool IsTerminalState(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

std::string RunStateName(v1::RunState state) {
  return ShortName(v1::RunState_Name(state), "RUN_STATE_", state);
}

std::string FailureClassName(v1::FailureClass failure_class) {
  return ShortName(v1::FailureClass_Name(failure_class), "FAILURE_CLASS_", failure_class);
}

}  // namespace traind
