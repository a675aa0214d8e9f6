#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/field_path.h"
#include "server/recipes/field_value.h"
#include "server/recipes/recipe_text.h"

namespace traind {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string FieldNames(const google::protobuf::Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", type.field(i)->name());
  }
  return names.empty() ? "none" : names;
}

absl::StatusOr<const FieldDescriptor*> FindField(const Message& message,
                                                 const FieldPathPart& part) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const FieldDescriptor* field = type.FindFieldByName(part.name);
  if (field != nullptr) return field;
  return absl::InvalidArgumentError(absl::StrCat(part.path, ": no field `", part.name, "` in ",
                                                 type.name(), "; valid names: ", FieldNames(type)));
}

// Whether the part's index is right for the field: lists alone take one, and
// only of an element that is there.
absl::Status CheckIndex(const Message& message, const FieldDescriptor& field,
                        const FieldPathPart& part) {
  if (!part.index.has_value()) return absl::OkStatus();
  if (!field.is_repeated()) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": `", part.name, "` is not a list; leave the index out"));
  }
  const int size = message.GetReflection()->FieldSize(message, &field);
  if (*part.index < size) return absl::OkStatus();
  if (size == 0) {
    return absl::InvalidArgumentError(absl::StrCat(part.path, ": the list is empty"));
  }
  return FieldError(part.path, absl::StrCat("an index from 0 to ", size - 1),
                    absl::StrCat(*part.index));
}

// The message that `part` leads to inside `message`.
absl::StatusOr<Message*> Descend(const FieldPathPart& part, Message& message) {
  ASSIGN_OR_RETURN(const FieldDescriptor* field, FindField(message, part));
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": has no fields inside; it takes ", ExpectedValue(*field)));
  }
  if (field->is_repeated() && !part.index.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": is a list; say which element, such as ", part.path, "[0]"));
  }
  RETURN_IF_ERROR(CheckIndex(message, *field, part));
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!field->is_repeated()) return reflection.MutableMessage(&message, field);
  return reflection.MutableRepeatedMessage(&message, field, *part.index);
}

absl::Status SetLast(const FieldPathPart& part, absl::string_view value, Message& message) {
  ASSIGN_OR_RETURN(const FieldDescriptor* field, FindField(message, part));
  RETURN_IF_ERROR(CheckIndex(message, *field, part));
  const bool whole_list = field->is_repeated() && !part.index.has_value();
  const std::string text = whole_list ? std::string(value) : ToTextproto(*field, value);
  const bool set = part.index.has_value()
                       ? SetElementFromTextproto(*field, *part.index, text, message)
                       : SetFieldFromTextproto(*field, text, message);
  if (set) return absl::OkStatus();
  std::string expected = ExpectedValue(*field);
  if (whole_list) expected = absl::StrCat("a list [a, b, …], each ", expected);
  return FieldError(part.path, expected, Quoted(value));
}

}  // namespace

absl::Status ApplyOverride(absl::string_view path, absl::string_view value, v1::Recipe& recipe) {
  const int64_t bytes_max = Limits().recipe_bytes_max;
  if (static_cast<int64_t>(value.size()) > bytes_max) {
    return FieldError("override", absl::StrCat("a value of at most ", bytes_max, " bytes"),
                      absl::StrCat(value.size()));
  }
  ASSIGN_OR_RETURN(const std::vector<FieldPathPart> parts, ParseFieldPath(path));
  // Walking creates messages and selects oneof kinds, so it works on a copy
  // that is kept only when all of it went well.
  v1::Recipe changed = recipe;
  Message* message = &changed;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    ASSIGN_OR_RETURN(message, Descend(parts[i], *message));
  }
  RETURN_IF_ERROR(SetLast(parts.back(), value, *message));
  recipe.Swap(&changed);
  return absl::OkStatus();
}

}  // namespace traind
