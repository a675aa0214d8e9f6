#include "server/rpc/bearer_token.h"

#include <cstddef>

#include "absl/strings/match.h"

namespace traind {
namespace {

constexpr absl::string_view kScheme = "Bearer ";

// Looks at every byte of `given` whatever it finds, so that the time taken does
// not tell how much of a guess was right.
bool EqualInConstantTime(absl::string_view given, absl::string_view token) {
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char expected = token.empty() ? '\0' : token[i % token.size()];
    difference |= static_cast<unsigned char>(given[i] ^ expected);
  }
  return difference == 0;
}

}  // namespace

absl::Status CheckBearerToken(absl::string_view authorization, absl::string_view token) {
  if (authorization.empty()) {
    return absl::UnauthenticatedError(
        "this server wants a token and the call has none; send the metadata "
        "`authorization: Bearer <token>`");
  }
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return absl::UnauthenticatedError(
        "the call's `authorization` metadata is no bearer token; expected "
        "`authorization: Bearer <token>`");
  }
  if (!EqualInConstantTime(authorization.substr(kScheme.size()), token)) {
    return absl::UnauthenticatedError(
        "the call's token is not this server's; ask the server's owner for the content of its "
        "--token-file");
  }
  return absl::OkStatus();
}

}  // namespace traind
