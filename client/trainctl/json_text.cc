#include "client/trainctl/json_text.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/ascii.h"

namespace traind {
namespace {

std::string PrintMessage(const google::protobuf::Message& message, bool whitespace) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = whitespace;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  // Fails only for messages with Any or bad UTF-8, which these protos cannot hold.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}";
  absl::StripTrailingAsciiWhitespace(&text);
  return text;
}

}  // namespace

std::string JsonDocument(const google::protobuf::Message& message) {
  return PrintMessage(message, true);
}

std::string JsonLine(const google::protobuf::Message& message) {
  return PrintMessage(message, false);
}

}  // namespace traind
