#ifndef TRAIND_SERVER_MODULES_MODULE_INSPECTOR_H_
#define TRAIND_SERVER_MODULES_MODULE_INSPECTOR_H_

#include <string>

#include "absl/status/status.h"

namespace traind {

// Tries modules. Thread-safe.
class ModuleInspector {
 public:
  virtual ~ModuleInspector() = default;

  // Loads the module of the push in `folder` (module_files.h), runs it, and makes the
  // module's own folder beside its bytes, flushed; the bytes move there. INVALID_ARGUMENT
  // for a file that is no module or fails, RESOURCE_EXHAUSTED for want of memory, disk or
  // time, else the fault is this side's. Blocks until it is done.
  virtual absl::Status Inspect(const std::string& folder) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_INSPECTOR_H_
