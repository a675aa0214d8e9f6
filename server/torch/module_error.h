#ifndef TRAIND_SERVER_TORCH_MODULE_ERROR_H_
#define TRAIND_SERVER_TORCH_MODULE_ERROR_H_

#include <stdexcept>
#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// A fault of a module's own code, which trying again does not mend: CatchTorch makes
// INVALID_ARGUMENT of it.
class ModuleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// To be called while an exception out of a module is handled: throws a ModuleError that
// says in one line what went wrong; memory that ran out is thrown on as it is.
[[noreturn]] void RethrowAsModuleError();

// The line of an error of LibTorch that says what went wrong, without its traces.
std::string FirstReason(absl::string_view message);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_MODULE_ERROR_H_
