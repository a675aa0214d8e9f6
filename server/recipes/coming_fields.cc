#include "server/recipes/coming_fields.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"

namespace traind {
namespace {

// Full names without `traind.v1.`.
constexpr absl::string_view kComing[] = {
    "Execution.trace",
};

bool IsComing(absl::string_view full_name) {
  const absl::string_view name = full_name.substr(std::min<size_t>(full_name.size(), 10));
  return std::find(std::begin(kComing), std::end(kComing), name) != std::end(kComing);
}

absl::Status Refuse(const google::protobuf::Message& message, const std::string& path) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    const std::string here = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (IsComing(field->full_name())) {
      return FieldError(here, "a field that this version carries out", "one that it does not yet");
    }
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      RETURN_IF_ERROR(Refuse(reflection.GetMessage(message, field), here));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      RETURN_IF_ERROR(Refuse(reflection.GetRepeatedMessage(message, field, i),
                             absl::StrCat(here, "[", i, "]")));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RefuseComingFields(const google::protobuf::Message& message) {
  return Refuse(message, "");
}

}  // namespace traind
