#include "client/trainctl/global_flags.h"

#include "absl/time/time.h"
#include "client/trainctl/time_flags.h"

namespace traind {

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--server", flags.client.address, "Address of the server")
      ->envname("TRAINCTL_SERVER")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_flag("--json", flags.json, "Print JSON: one document, or one event per line");
  app.add_option("--tls-ca", flags.client.tls_ca_file, "Use TLS and trust these certificates (PEM)")
      ->envname("TRAINCTL_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", flags.client.tls_cert_file, "Own certificate (PEM)")
      ->envname("TRAINCTL_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", flags.client.tls_key_file, "Key of the own certificate (PEM)")
      ->envname("TRAINCTL_TLS_KEY")
      ->type_name("FILE");
  app.add_option("--token-file", flags.client.token_file, "File with the bearer token")
      ->envname("TRAINCTL_TOKEN_FILE")
      ->type_name("FILE");
  app.add_flag("--insecure", flags.client.allow_plaintext_token,
               "Send the token without TLS to other machines too");
  app.add_option("--timeout", flags.timeout, "Longest time one call may take")
      ->envname("TRAINCTL_TIMEOUT")
      ->type_name("DURATION")
      ->capture_default_str();
}

absl::StatusOr<ClientOptions> ToClientOptions(const GlobalFlags& flags) {
  ClientOptions options = flags.client;
  const absl::StatusOr<absl::Duration> timeout = ReadDuration("--timeout", flags.timeout);
  if (!timeout.ok()) return timeout.status();
  options.deadline = *timeout;
  // A person waits for the answer: a server that is away is said soon.
  options.unary_tries_max = 3;
  if (absl::Status status = CheckClientOptions(options); !status.ok()) return status;
  return options;
}

}  // namespace traind
