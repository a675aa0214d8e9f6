#ifndef TRAIND_CLIENT_TRAINCTL_GLOBAL_FLAGS_H_
#define TRAIND_CLIENT_TRAINCTL_GLOBAL_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "client/client_options.h"

namespace traind {

// Flags that every command takes, before or after its name.
struct GlobalFlags {
  ClientOptions client;
  bool json = false;
  std::string timeout = "30s";
};

// Adds the flags to `app`; `flags` must outlive the parsing.
void AddGlobalFlags(CLI::App& app, GlobalFlags& flags);

// The client options with the timeout read: `30s`, `1m30s`, or seconds as a
// number. INVALID_ARGUMENT for anything else.
absl::StatusOr<ClientOptions> ToClientOptions(const GlobalFlags& flags);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_GLOBAL_FLAGS_H_
