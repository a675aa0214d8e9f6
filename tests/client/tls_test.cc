#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <gtest/gtest.h>

#include "client/traind_client.h"
#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"
#include "tests/client/tls_identity.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsIdentity& server,
                                                   const std::string& client_ca) {
  grpc::SslServerCredentialsOptions options(
      client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                        : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({server.key, server.certificate});
  options.pem_root_certs = client_ca;
  return grpc::SslServerCredentials(options);
}

class TlsTest : public testing::Test {
 protected:
  absl::StatusCode CallWith(const ClientOptions& options) {
    return (*Client::Connect(options))->GetServerInfo().status().code();
  }

  ClientOptions OptionsFor(const FakeTraind& server, const TlsIdentity& trusted) {
    ClientOptions options;
    options.address = server.address();
    options.waiter = &waiter_;
    options.tls_ca_file = WriteTestFile("ca.pem", trusted.certificate);
    return options;
  }

  FakeWaiter waiter_;
  const TlsIdentity server_identity_ = MakeTlsIdentity();
  const TlsIdentity other_identity_ = MakeTlsIdentity();
};

TEST_F(TlsTest, TrustedServerIsCalledAndGetsTheToken) {
  FakeTraind server(ServerTls(server_identity_, ""));
  ClientOptions options = OptionsFor(server, server_identity_);
  options.token = "s3cret";
  EXPECT_EQ(CallWith(options), absl::StatusCode::kOk);
  EXPECT_EQ(server.last_authorization, "Bearer s3cret");
}

TEST_F(TlsTest, ServerWithAnotherCertificateIsRefused) {
  FakeTraind server(ServerTls(server_identity_, ""));
  EXPECT_EQ(CallWith(OptionsFor(server, other_identity_)), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, PlainClientCannotTalkToATlsServer) {
  FakeTraind server(ServerTls(server_identity_, ""));
  ClientOptions options = OptionsFor(server, server_identity_);
  options.tls_ca_file.clear();
  EXPECT_EQ(CallWith(options), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, ServerThatAsksForACertificateGetsTheClients) {
  FakeTraind server(ServerTls(server_identity_, other_identity_.certificate));
  ClientOptions options = OptionsFor(server, server_identity_);
  EXPECT_EQ(CallWith(options), absl::StatusCode::kUnavailable);
  options.tls_cert_file = WriteTestFile("cert.pem", other_identity_.certificate);
  options.tls_key_file = WriteTestFile("key.pem", other_identity_.key);
  EXPECT_EQ(CallWith(options), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace traind
