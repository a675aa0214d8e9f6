#include "client/trainctl/enum_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace traind {

using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::EnumValueDescriptor;

std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number != 0) words.push_back(EnumWord(type, number));
  }
  return words;
}

std::string EnumWord(const EnumDescriptor& type, int number) {
  const EnumValueDescriptor* value = type.FindValueByNumber(number);
  const EnumValueDescriptor* zero = type.FindValueByNumber(0);
  if (value == nullptr || value == zero) return "";
  // The zero is PREFIX_UNSPECIFIED in every enum (buf's ENUM_ZERO_VALUE_SUFFIX).
  const absl::string_view prefix = absl::StripSuffix(zero->name(), "UNSPECIFIED");
  return absl::AsciiStrToLower(absl::StripPrefix(value->name(), prefix));
}

int EnumNumber(const EnumDescriptor& type, const std::string& word) {
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number != 0 && EnumWord(type, number) == word) return number;
  }
  return 0;
}

}  // namespace traind
