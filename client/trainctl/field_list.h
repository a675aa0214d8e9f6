#ifndef TRAIND_CLIENT_TRAINCTL_FIELD_LIST_H_
#define TRAIND_CLIENT_TRAINCTL_FIELD_LIST_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace traind {

// One field of a message that is set.
struct FieldValue {
  // As `--set` takes it, such as `network.layers[4].dropout.probability`.
  std::string path;
  // As textproto writes it; a list of numbers as `[1, 2]`, a message without fields as `{}`.
  std::string value;
};

// All fields that are set, in the order of the proto, with those within messages.
// Each path begins with `prefix`.
std::vector<FieldValue> ListFields(const google::protobuf::Message& message,
                                   const std::string& prefix = "");

// A field that is not the same everywhere.
struct FieldDifference {
  std::string path;
  std::vector<std::string> values;  // one for each list; empty where it is not set
};

// Fields whose values differ between the lists, in their order.
std::vector<FieldDifference> FieldDifferences(const std::vector<std::vector<FieldValue>>& lists);

// The last part of each path if that names it alone among the paths, else as many
// parts as it takes: `learning_rate` for `optimizer.sgd.learning_rate`.
std::vector<std::string> ShortPaths(const std::vector<std::string>& paths);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_FIELD_LIST_H_
