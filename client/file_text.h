#ifndef TRAIND_CLIENT_FILE_TEXT_H_
#define TRAIND_CLIENT_FILE_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// The whole content of a file. `what` names it in errors, such as "token file".
// NOT_FOUND or PERMISSION_DENIED as the system says, INVALID_ARGUMENT for a
// folder or for more than `bytes_max` bytes.
absl::StatusOr<std::string> ReadFileText(const std::string& path, const std::string& what,
                                         int64_t bytes_max);

}  // namespace traind

#endif  // TRAIND_CLIENT_FILE_TEXT_H_
