#include "client/trainctl/field_list.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::TextFormat;

std::string ScalarText(const Message& message, const FieldDescriptor& field, int index) {
  std::string text;
  TextFormat::PrintFieldValueToString(message, &field, index, &text);
  return text;
}

void AddMessage(const Message& message, const std::string& path, std::vector<FieldValue>& fields) {
  std::vector<FieldValue> inner = ListFields(message, absl::StrCat(path, "."));
  if (inner.empty()) inner.push_back({.path = path, .value = "{}"});
  fields.insert(fields.end(), inner.begin(), inner.end());
}

void AddRepeated(const Message& message, const FieldDescriptor& field, const std::string& path,
                 std::vector<FieldValue>& fields) {
  const Reflection& reflection = *message.GetReflection();
  const int count = reflection.FieldSize(message, &field);
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AddMessage(reflection.GetRepeatedMessage(message, &field, i), absl::StrCat(path, "[", i, "]"),
                 fields);
    } else {
      values.push_back(ScalarText(message, field, i));
    }
  }
  if (!values.empty()) {
    fields.push_back({.path = path, .value = absl::StrCat("[", absl::StrJoin(values, ", "), "]")});
  }
}

// Adds to `order` the paths of `list` that it lacks, each behind the one before it.
void Weave(const std::vector<FieldValue>& list, std::vector<std::string>& order) {
  std::set<std::string> known(order.begin(), order.end());
  auto place = order.begin();
  for (const FieldValue& field : list) {
    if (known.contains(field.path)) {
      const auto found = std::find(place, order.end(), field.path);
      if (found != order.end()) place = found + 1;
    } else {
      place = order.insert(place, field.path) + 1;
    }
  }
}

bool AreSame(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&values](const std::string& value) { return value == values.front(); });
}

// Whether `path` ends with `.tail`, or is it.
bool HasTail(const std::string& path, const std::string& tail) {
  return path == tail || absl::EndsWith(path, absl::StrCat(".", tail));
}

}  // namespace

std::vector<FieldValue> ListFields(const Message& message, const std::string& prefix) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  // By number is the order in which fields were thought of, by index the one they are written in.
  std::sort(set.begin(), set.end(), [](const FieldDescriptor* a, const FieldDescriptor* b) {
    return a->index() < b->index();
  });
  std::vector<FieldValue> fields;
  for (const FieldDescriptor* field : set) {
    const std::string path = absl::StrCat(prefix, field->name());
    if (field->is_repeated()) {
      AddRepeated(message, *field, path, fields);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AddMessage(message.GetReflection()->GetMessage(message, field), path, fields);
    } else {
      fields.push_back({.path = path, .value = ScalarText(message, *field, -1)});
    }
  }
  return fields;
}

std::vector<FieldDifference> FieldDifferences(const std::vector<std::vector<FieldValue>>& lists) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> values;
  for (size_t i = 0; i < lists.size(); ++i) {
    Weave(lists[i], order);
    for (const FieldValue& field : lists[i]) {
      std::vector<std::string>& row = values[field.path];
      row.resize(lists.size());
      row[i] = field.value;
    }
  }
  std::vector<FieldDifference> differences;
  for (const std::string& path : order) {
    if (!AreSame(values[path])) differences.push_back({.path = path, .values = values[path]});
  }
  return differences;
}

std::vector<std::string> ShortPaths(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    std::string name = path;
    for (size_t dot = path.rfind('.'); dot != std::string::npos && dot > 0;
         dot = path.rfind('.', dot - 1)) {
      const std::string tail = path.substr(dot + 1);
      const bool alone =
          std::count_if(paths.begin(), paths.end(),
                        [&tail](const std::string& other) { return HasTail(other, tail); }) == 1;
      if (alone) {
        name = tail;
        break;
      }
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace traind
