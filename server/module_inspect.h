#ifndef TRAIND_SERVER_MODULE_INSPECT_H_
#define TRAIND_SERVER_MODULE_INSPECT_H_

#include <string>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/base/limits.h"

namespace traind {

// Does what ModuleInspector::Inspect says, in this process and on the calling thread: code
// of the module runs in it.
absl::Status InspectPushedModule(const std::string& folder, const Limits& limits,
                                 const Clock& clock);

}  // namespace traind

#endif  // TRAIND_SERVER_MODULE_INSPECT_H_
