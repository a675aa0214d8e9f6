#ifndef TRAIND_SERVER_RECIPES_FIELD_VALUE_H_
#define TRAIND_SERVER_RECIPES_FIELD_VALUE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace traind {

// What textproto holds for one value of `field` (of a list, one element) when a
// person wrote `value`: quotes a bare string, and completes an enum's short name
// (`accuracy` is SELECTION_METRIC_ACCURACY); all else is returned as it is.
std::string ToTextproto(const google::protobuf::FieldDescriptor& field, absl::string_view value);

// The kind of value that `field` takes, in words: "true or false".
std::string ExpectedValue(const google::protobuf::FieldDescriptor& field);

// Replaces the field, or the element at `index` of a list, by `text`. False,
// with `message` in an unspecified valid state, when the text is no such value.
bool SetFieldFromTextproto(const google::protobuf::FieldDescriptor& field, const std::string& text,
                           google::protobuf::Message& message);
bool SetElementFromTextproto(const google::protobuf::FieldDescriptor& field, int index,
                             const std::string& text, google::protobuf::Message& message);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_FIELD_VALUE_H_
