#ifndef TRAIND_CLIENT_TRAINCTL_MODULE_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_MODULE_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/module.pb.h"

namespace traind {

// A line for each module.
std::string ModuleTable(const std::vector<v1::Module>& modules);

// Everything about one.
std::string ModuleText(const v1::Module& module);

// One line: what a push has made.
std::string ModuleLine(const v1::Module& module);

// `1,28,28`. INVALID_ARGUMENT.
absl::StatusOr<std::vector<int64_t>> ParseSizes(const std::string& text);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_MODULE_TEXT_H_
