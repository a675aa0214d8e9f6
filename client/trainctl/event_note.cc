#include "client/trainctl/event_note.h"

#include "absl/strings/str_cat.h"
#include "client/run_state.h"

namespace traind {
namespace {

const char* SeverityWord(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_WARNING:
      return "warning: ";
    case v1::SEVERITY_ERROR:
      return "error: ";
    default:
      return "";
  }
}

}  // namespace

std::string EventNote(const v1::Event& event) {
  if (event.has_message()) {
    return absl::StrCat(event.run_id(), " ", SeverityWord(event.message().severity()),
                        event.message().text());
  }
  if (event.has_state_changed() && !IsTerminalState(event.state_changed().to())) {
    const std::string& reason = event.state_changed().reason();
    return absl::StrCat(event.run_id(), " ", RunStateName(event.state_changed().to()),
                        reason.empty() ? "" : ": ", reason);
  }
  return "";
}

}  // namespace traind
