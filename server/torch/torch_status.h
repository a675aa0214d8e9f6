#ifndef TRAIND_SERVER_TORCH_TORCH_STATUS_H_
#define TRAIND_SERVER_TORCH_TORCH_STATUS_H_

#include <utility>

#include "absl/status/status.h"

namespace traind {

// The exception being handled as a status: RESOURCE_EXHAUSTED when memory ran
// out, INVALID_ARGUMENT for a ModuleError, else INTERNAL with the tensor library's message, without
// its backtrace.
absl::Status CurrentExceptionStatus();

// Calls `body`, which returns an absl::Status or StatusOr; an exception becomes
// one. The border that no exception of the tensor library crosses.
template <typename Body>
auto CatchTorch(Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return CurrentExceptionStatus();
  }
}

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TORCH_STATUS_H_
