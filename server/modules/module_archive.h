#ifndef TRAIND_SERVER_MODULES_MODULE_ARCHIVE_H_
#define TRAIND_SERVER_MODULES_MODULE_ARCHIVE_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "traind/v1/module.pb.h"

namespace traind {

// What kind of module a file is, told by the names in its ZIP archive; nothing in it is
// unpacked. INVALID_ARGUMENT for everything else, with a word about what it is and what to
// do: a pickle of torch.save, a program of torch.export, an archive that is cut short.
absl::StatusOr<v1::ModuleFormat> FormatOfModule(const std::string& path, const Limits& limits);

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_ARCHIVE_H_
