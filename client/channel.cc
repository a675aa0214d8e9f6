#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/file_text.h"

namespace traind {
namespace {

constexpr int kPemBytesMax = 1 << 20;
constexpr int kTokenBytesMax = 1 << 14;
constexpr int kReceiveBytesMax = 64 << 20;

absl::StatusOr<std::string> ReadPem(const std::string& path, const std::string& what) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> pem = ReadFileText(path, what, kPemBytesMax);
  if (pem.ok() && pem->find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " ", path, " is not PEM: expected a line -----BEGIN …-----"));
  }
  return pem;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> LoadCredentials(
    const ClientOptions& options) {
  if (options.tls_ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  for (auto [path, what, pem] :
       {std::tuple{&options.tls_ca_file, "CA certificate", &tls.pem_root_certs},
        std::tuple{&options.tls_cert_file, "client certificate", &tls.pem_cert_chain},
        std::tuple{&options.tls_key_file, "client key", &tls.pem_private_key}}) {
    absl::StatusOr<std::string> text = ReadPem(*path, what);
    if (!text.ok()) return text.status();
    *pem = *std::move(text);
  }
  return grpc::SslCredentials(tls);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientOptions& options) {
  if (absl::Status status = CheckClientOptions(options); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = LoadCredentials(options);
  if (!credentials.ok()) return credentials.status();

  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  // The default waits up to two minutes between reconnects, far longer than a
  // restart of the server takes; retries above would only hit the cached failure.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // Two clients of one process with different credentials must not share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(options.address, *credentials, arguments);
}

absl::StatusOr<std::string> LoadToken(const ClientOptions& options) {
  std::string token = options.token;
  if (!options.token_file.empty()) {
    absl::StatusOr<std::string> text =
        ReadFileText(options.token_file, "token file", kTokenBytesMax);
    if (!text.ok()) return text.status();
    token = *std::move(text);
    absl::StripAsciiWhitespace(&token);
    if (token.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("token file ", options.token_file, " is empty"));
    }
  }
  for (char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("the token must be one word of printable ASCII characters");
    }
  }
  return token;
}

}  // namespace traind
