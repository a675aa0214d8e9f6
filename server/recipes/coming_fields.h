#ifndef TRAIND_SERVER_RECIPES_COMING_FIELDS_H_
#define TRAIND_SERVER_RECIPES_COMING_FIELDS_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace traind {

// Refuses fields that the recipe language has words for and nothing carries out yet:
// INVALID_ARGUMENT names the first that is set. Whoever builds one takes it off the
// list in coming_fields.cc.
absl::Status RefuseComingFields(const google::protobuf::Message& message);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_COMING_FIELDS_H_
