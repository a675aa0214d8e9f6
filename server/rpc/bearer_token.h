#ifndef TRAIND_SERVER_RPC_BEARER_TOKEN_H_
#define TRAIND_SERVER_RPC_BEARER_TOKEN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// Checks the value of a call's `authorization` metadata (empty when absent)
// against the server's token, in time that depends on neither. UNAUTHENTICATED
// says what is missing and how to send it, never what the token is.
absl::Status CheckBearerToken(absl::string_view authorization, absl::string_view token);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_BEARER_TOKEN_H_
