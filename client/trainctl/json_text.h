#ifndef TRAIND_CLIENT_TRAINCTL_JSON_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_JSON_TEXT_H_

#include <google/protobuf/message.h>

#include <string>

namespace traind {

// The message in protobuf's JSON mapping with the field names of the proto;
// zeros are written out, so that scripts need no defaults. Without line end.
std::string JsonDocument(const google::protobuf::Message& message);
// The same on one line.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_JSON_TEXT_H_
