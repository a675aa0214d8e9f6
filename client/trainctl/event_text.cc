#include "client/trainctl/event_text.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/run_state.h"
#include "client/trainctl/event_kinds.h"
#include "client/trainctl/time_text.h"

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

// The payload's fields that are not zero, as textproto.
std::string FieldsText(const v1::Event& event) {
  const google::protobuf::Reflection& reflection = *v1::Event::GetReflection();
  const auto* field = reflection.GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("payload"));
  if (field == nullptr) return "";
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(reflection.GetMessage(event, field), &text);
  absl::StripTrailingAsciiWhitespace(&text);
  return text;
}

}  // namespace

std::string EventText(const v1::Event& event) {
  if (event.has_message()) {
    return absl::StrCat(SeverityWord(event.message().severity()), event.message().text());
  }
  if (!event.has_state_changed()) return "";
  const v1::StateChanged& change = event.state_changed();
  const std::string& reason = change.reason().empty() ? change.error().message() : change.reason();
  return absl::StrCat(RunStateName(change.to()), reason.empty() ? "" : ": ", reason);
}

std::string EventLine(const v1::Event& event) {
  const std::string text = EventText(event);
  return absl::StrCat(event.sequence(), " ", TimeText(event.time()), " ", EventKindWord(event), " ",
                      text.empty() ? FieldsText(event) : text);
}

}  // namespace traind
