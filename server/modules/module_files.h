#ifndef TRAIND_SERVER_MODULES_MODULE_FILES_H_
#define TRAIND_SERVER_MODULES_MODULE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/module.pb.h"

namespace traind {

// In the folder of a module, and of a version that is one (docs/formats.md): its code, and
// what it is.
inline constexpr char kTorchScriptFile[] = "module.pt";
inline constexpr char kPackageFile[] = "module.pt2";
inline constexpr char kModuleDescriptionFile[] = "module.textproto";

// In the folder of a push: what was said of it, its bytes, and what the inspection makes,
// the folder of the module.
inline constexpr char kModuleHeaderFile[] = "header.binpb";
inline constexpr char kModuleBytesFile[] = "bytes";
inline constexpr char kInspectedFolder[] = "module";

// The name of its code's file.
const char* ModuleFileName(v1::ModuleFormat format);

// The description in a module's folder. NOT_FOUND without one, DATA_LOSS when it cannot be
// read.
absl::StatusOr<v1::Module> ReadModuleDescription(const std::string& folder);

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_FILES_H_
