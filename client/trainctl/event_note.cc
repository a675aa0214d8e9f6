#include "client/trainctl/event_note.h"

#include "absl/strings/str_cat.h"
#include "client/run_state.h"
#include "client/trainctl/event_text.h"

namespace traind {

std::string EventNote(const v1::Event& event) {
  const bool terminal = event.has_state_changed() && IsTerminalState(event.state_changed().to());
  const std::string text = terminal ? "" : EventText(event);
  return text.empty() ? "" : absl::StrCat(event.run_id(), " ", text);
}

}  // namespace traind
