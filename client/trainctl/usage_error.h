#ifndef TRAIND_CLIENT_TRAINCTL_USAGE_ERROR_H_
#define TRAIND_CLIENT_TRAINCTL_USAGE_ERROR_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"

namespace traind {

// For callbacks of subcommands: ends the parsing with bad usage when `status`
// is an error, so that a typing error never becomes a call.
inline void RequireUsage(const absl::Status& status) {
  if (status.ok()) return;
  throw CLI::ValidationError(std::string(status.message()), CLI::ExitCodes::ValidationError);
}

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_USAGE_ERROR_H_
