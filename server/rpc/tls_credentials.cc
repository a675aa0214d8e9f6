#include "server/rpc/tls_credentials.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

absl::Status RequirePem(absl::string_view what, absl::string_view text, absl::string_view label) {
  const std::string begin = "-----BEGIN ";
  const size_t start = text.find(begin);
  if (start != absl::string_view::npos &&
      absl::StrContains(text.substr(start), absl::StrCat(label, "-----"))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(what, ": expected PEM with a \"", begin, "… ",
                                                 label, "-----\" block, found none"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::optional<RpcServer::Tls>& tls) {
  if (!tls.has_value()) return grpc::InsecureServerCredentials();
  RETURN_IF_ERROR(RequirePem("TLS certificate", tls->certificate_chain, "CERTIFICATE"));
  RETURN_IF_ERROR(RequirePem("TLS private key", tls->private_key, "PRIVATE KEY"));
  grpc::SslServerCredentialsOptions options(
      tls->client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  if (!tls->client_ca.empty()) {
    RETURN_IF_ERROR(RequirePem("TLS client CA", tls->client_ca, "CERTIFICATE"));
    options.pem_root_certs = tls->client_ca;
  }
  options.pem_key_cert_pairs.push_back({tls->private_key, tls->certificate_chain});
  return grpc::SslServerCredentials(options);
}

}  // namespace traind
