#ifndef TRAIND_CLIENT_CLIENT_OPTIONS_H_
#define TRAIND_CLIENT_CLIENT_OPTIONS_H_

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/backoff.h"
#include "client/waiter.h"

namespace traind {

// Where a server is and how to talk to it. A plain value.
struct ClientOptions {
  // host:port, or anything else that gRPC resolves, such as unix:/run/traind.sock.
  std::string address = "127.0.0.1:50051";

  // PEM file with the certificates to trust; when given, the connection is TLS.
  std::string tls_ca_file;
  // PEM files of the client's own certificate and key; both or neither.
  std::string tls_cert_file;
  std::string tls_key_file;

  // Bearer token, or the file that holds it; at most one of them.
  std::string token;
  std::string token_file;
  // Without TLS a token goes to loopback addresses only, unless this is set.
  bool allow_plaintext_token = false;

  // Deadline of every unary call, tries included.
  absl::Duration deadline = absl::Seconds(30);
  // Deadline of one stream; following goes on over as many streams as it takes,
  // so a peer that vanished without a word is noticed after this at the latest.
  absl::Duration stream_deadline = absl::Minutes(5);
  // A stream on which nothing came for so long is opened again. The server gives a
  // sign of life every 15 s.
  absl::Duration stream_silence_timeout = absl::Seconds(60);
  // Tries of a unary call that is safe to repeat, within its deadline, while the
  // server is UNAVAILABLE or cancels the call because it shuts down. Enough for a
  // server to restart meanwhile.
  int unary_tries_max = 20;
  BackoffPolicy backoff;

  // Ends every call in flight with CANCELLED once requested.
  std::stop_token stop;
  // Not owned; null is the machine's clock.
  Waiter* waiter = nullptr;
};

// INVALID_ARGUMENT names the first option that cannot work, and the remedy.
absl::Status CheckClientOptions(const ClientOptions& options);

}  // namespace traind

#endif  // TRAIND_CLIENT_CLIENT_OPTIONS_H_
