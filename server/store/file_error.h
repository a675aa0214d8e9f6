#ifndef TRAIND_SERVER_STORE_FILE_ERROR_H_
#define TRAIND_SERVER_STORE_FILE_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// Status for a failed system call on a file: `error_number` is its errno, `what`
// says what was tried ("cannot write 4096 bytes to"). RESOURCE_EXHAUSTED for a
// full disk or quota, PERMISSION_DENIED, NOT_FOUND, else INTERNAL.
absl::Status FileError(int error_number, absl::string_view what, const std::string& path);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_ERROR_H_
