#ifndef TRAIND_CLIENT_TRAINCTL_ENUM_WORDS_H_
#define TRAIND_CLIENT_TRAINCTL_ENUM_WORDS_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace traind {

// The values of a proto's enum as people write them: `running` for
// RUN_STATE_RUNNING. The value UNSPECIFIED has no word.

// Every word, in the order of the proto.
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& type);
// The word of a number; empty for UNSPECIFIED and for numbers that the enum does not have.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int number);
// The number of a word; 0 for a text that is none.
int EnumNumber(const google::protobuf::EnumDescriptor& type, const std::string& word);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_ENUM_WORDS_H_
