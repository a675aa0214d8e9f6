#ifndef TRAIND_SERVER_MODULES_MODULE_HEADER_H_
#define TRAIND_SERVER_MODULES_MODULE_HEADER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/limits.h"
#include "traind/v1/module_service.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The name by which a file may tell the shape of its input rows: an extra file of
// TorchScript, an entry of the metadata of a package.
inline constexpr char kInputShapeKey[] = "traind_input_shape";

// Checks the name of a module: 1 to 63 letters, digits, `-` and `_`. INVALID_ARGUMENT.
absl::Status CheckModuleName(absl::string_view name);

// Checks all that can be told of a push before its bytes are there. INVALID_ARGUMENT names
// the field; RESOURCE_EXHAUSTED for a file that is too large.
absl::Status CheckModuleHeader(const v1::ModuleHeader& header, const Limits& limits);

// Checks the sizes of an input row, 1 to 3 of them. INVALID_ARGUMENT.
absl::Status CheckInputShape(absl::Span<const int64_t> sizes);

// Reads `1,28,28`. INVALID_ARGUMENT.
absl::StatusOr<std::vector<int64_t>> ParseInputShape(absl::string_view text);

// As a recipe has it: [features], [channels, length] or [channels, height, width].
v1::InputShape ToInputShape(absl::Span<const int64_t> sizes);

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_HEADER_H_
