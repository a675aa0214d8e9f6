#ifndef TRAIND_CLIENT_CHANNEL_H_
#define TRAIND_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/client_options.h"

namespace traind {

// A channel by the options' address and TLS files. Connects lazily, so it
// succeeds without a server; its own reconnects are at most two seconds apart.
// Errors: those of CheckClientOptions and of reading the files.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientOptions& options);

// The options' bearer token without surrounding white space; empty when there
// is none. INVALID_ARGUMENT for a file without one.
absl::StatusOr<std::string> LoadToken(const ClientOptions& options);

}  // namespace traind

#endif  // TRAIND_CLIENT_CHANNEL_H_
