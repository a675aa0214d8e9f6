#include "server/secrets.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

absl::StatusOr<std::string> ReadSecret(absl::string_view option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": cannot read ", path, ": ", std::strerror(errno)));
  }
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": cannot read ", path));
  }
  return content;
}

}  // namespace

absl::StatusOr<Secrets> LoadSecrets(const ServerOptions& options) {
  Secrets secrets;
  if (!options.tls_cert.empty()) {
    RpcServer::Tls& tls = secrets.tls.emplace();
    ASSIGN_OR_RETURN(tls.certificate_chain, ReadSecret("--tls-cert", options.tls_cert));
    ASSIGN_OR_RETURN(tls.private_key, ReadSecret("--tls-key", options.tls_key));
    if (!options.tls_client_ca.empty()) {
      ASSIGN_OR_RETURN(tls.client_ca, ReadSecret("--tls-client-ca", options.tls_client_ca));
      // An empty CA would silently let everybody in.
      if (tls.client_ca.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("--tls-client-ca: expected certificates in ",
                                                       options.tls_client_ca,
                                                       ", found an empty file"));
      }
    }
  }
  if (!options.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string content, ReadSecret("--token-file", options.token_file));
    secrets.token = std::string(absl::StripAsciiWhitespace(content));
    if (secrets.token.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--token-file: expected a token in ", options.token_file, ", found none"));
    }
  }
  return secrets;
}

}  // namespace traind
