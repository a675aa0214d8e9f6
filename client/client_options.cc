#include "client/client_options.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

bool IsLoopback(const std::string& address) {
  for (const char* prefix : {"127.", "localhost:", "[::1]:", "unix:", "ipv4:127.", "ipv6:[::1]"}) {
    if (absl::StartsWith(address, prefix)) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckClientOptions(const ClientOptions& options) {
  if (options.address.empty()) {
    return absl::InvalidArgumentError("no server address; expected HOST:PORT (--server)");
  }
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("the deadline of a call must be positive, not ",
                                                   absl::FormatDuration(options.deadline),
                                                   " (--timeout)"));
  }
  if (options.stream_silence_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the time after which a silent stream is given up must be positive, not ",
                     absl::FormatDuration(options.stream_silence_timeout)));
  }
  if (options.tls_cert_file.empty() != options.tls_key_file.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate needs its key and the other way round: give --tls-cert and "
        "--tls-key together");
  }
  if (!options.tls_cert_file.empty() && options.tls_ca_file.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate is for TLS only: name the certificates to trust with --tls-ca");
  }
  if (!options.token.empty() && !options.token_file.empty()) {
    return absl::InvalidArgumentError("give a token or a token file, not both");
  }
  const bool has_token = !options.token.empty() || !options.token_file.empty();
  if (has_token && options.tls_ca_file.empty() && !options.allow_plaintext_token &&
      !IsLoopback(options.address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("refusing to send a token in plain text to ", options.address,
                     ": use TLS (--tls-ca), or --insecure if the network is trusted"));
  }
  return absl::OkStatus();
}

}  // namespace traind
