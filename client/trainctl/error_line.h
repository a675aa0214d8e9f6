#ifndef TRAIND_CLIENT_TRAINCTL_ERROR_LINE_H_
#define TRAIND_CLIENT_TRAINCTL_ERROR_LINE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// `text` on one line. Messages from the server or the parser may have several.
std::string OneLine(absl::string_view text);

// The error as trainctl says it: `trainctl: NOT_FOUND: no run s4-9`. Without line end.
std::string ErrorLine(const absl::Status& status);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_ERROR_LINE_H_
