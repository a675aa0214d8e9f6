#include "server/modules/module_files.h"

#include <google/protobuf/text_format.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/mapped_file.h"

namespace traind {

const char* ModuleFileName(v1::ModuleFormat format) {
  return format == v1::MODULE_FORMAT_AOTINDUCTOR ? kPackageFile : kTorchScriptFile;
}

absl::StatusOr<v1::Module> ReadModuleDescription(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kModuleDescriptionFile);
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  v1::Module module;
  if (google::protobuf::TextFormat::ParseFromString(std::string(file.bytes()), &module)) {
    return module;
  }
  return absl::DataLossError(
      absl::StrCat("expected the description of a module in ", path, ", got something else"));
}

}  // namespace traind
