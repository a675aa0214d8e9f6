#include "server/recipes/field_value.h"

#include <limits>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "server/recipes/recipe_bounds.h"

namespace traind {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Keeps the parser from writing its complaints to stderr (the caller words them)
// and remembers that there were some: a single field's parser returns true for
// a string without its closing quote.
class Complaints : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override { any_ = true; }
  bool any() const { return any_; }

 private:
  bool any_ = false;
};

// `SelectionMetric` → `SELECTION_METRIC_`, the prefix of all its values.
std::string ValuePrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + "_";
}

std::string ShortName(const EnumDescriptor& type, int index) {
  const absl::string_view name = type.value(index)->name();
  return absl::AsciiStrToLower(absl::StripPrefix(name, ValuePrefix(type)));
}

std::string ExpectedEnum(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    // Zero is the unspecified value, which is refused everywhere.
    if (type.value(i)->number() != 0) names.push_back(ShortName(type, i));
  }
  return absl::StrCat("one of ", absl::StrJoin(names, ", "));
}

template <typename Int>
std::string ExpectedWholeNumber() {
  return absl::StrCat("a whole number from ", std::numeric_limits<Int>::min(), " to ",
                      std::numeric_limits<Int>::max());
}

google::protobuf::TextFormat::Parser MakeParser(Complaints& complaints) {
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaints);
  parser.SetRecursionLimit(RecipeBounds().text_depth_max);
  return parser;
}

// `[0.1, 0.2]` as a whole list. The text is parsed by itself, so that it cannot
// reach the message's other fields.
bool SetList(const FieldDescriptor& field, const std::string& text, Message& message) {
  Complaints complaints;
  const std::unique_ptr<Message> scratch(message.New());
  if (!MakeParser(complaints)
           .ParseFromString(absl::StrCat(field.name(), ": ", text), scratch.get())) {
    return false;
  }
  std::vector<const FieldDescriptor*> set;
  scratch->GetReflection()->ListFields(*scratch, &set);
  if (set.size() > 1 || (set.size() == 1 && set[0] != &field)) return false;
  message.GetReflection()->SwapFields(&message, scratch.get(), {&field});
  return true;
}

}  // namespace

std::string ToTextproto(const FieldDescriptor& field, absl::string_view value) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    const bool quoted = absl::StartsWith(value, "\"") || absl::StartsWith(value, "'");
    if (!quoted) return absl::StrCat("\"", absl::CEscape(value), "\"");
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const EnumDescriptor& type = *field.enum_type();
    for (int i = 0; i < type.value_count(); ++i) {
      if (absl::EqualsIgnoreCase(ShortName(type, i), value)) return type.value(i)->name();
    }
  }
  return std::string(value);
}

std::string ExpectedValue(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ExpectedWholeNumber<int32_t>();
    case FieldDescriptor::CPPTYPE_INT64:
      return ExpectedWholeNumber<int64_t>();
    case FieldDescriptor::CPPTYPE_UINT32:
      return ExpectedWholeNumber<uint32_t>();
    case FieldDescriptor::CPPTYPE_UINT64:
      return ExpectedWholeNumber<uint64_t>();
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ExpectedEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text, bare or in quotes";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return absl::StrCat("the fields of ", field.message_type()->name(), " as textproto in braces");
}

bool SetFieldFromTextproto(const FieldDescriptor& field, const std::string& text,
                           Message& message) {
  if (field.is_repeated()) return SetList(field, text, message);
  Complaints complaints;
  message.GetReflection()->ClearField(&message, &field);
  return MakeParser(complaints).ParseFieldValueFromString(text, &field, &message) &&
         !complaints.any();
}

bool SetElementFromTextproto(const FieldDescriptor& field, int index, const std::string& text,
                             Message& message) {
  Complaints complaints;
  if (!MakeParser(complaints).ParseFieldValueFromString(text, &field, &message) ||
      complaints.any()) {
    return false;
  }
  // The parser has appended the value: it changes places with the old one.
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.SwapElements(&message, &field, index, reflection.FieldSize(message, &field) - 1);
  reflection.RemoveLast(&message, &field);
  return true;
}

}  // namespace traind
