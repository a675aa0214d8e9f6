#include "client/client_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "client/traind_client.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path;
}

std::string MessageOf(const ClientOptions& options) {
  return std::string(Client::Connect(options).status().message());
}

TEST(ClientOptionsTest, TokenIsNotSentInPlainTextToAnotherMachine) {
  ClientOptions options;
  options.address = "gpu-box:50051";
  options.token = "secret";
  EXPECT_EQ(Client::Connect(options).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(options), HasSubstr("--tls-ca"));
  EXPECT_THAT(MessageOf(options), testing::Not(HasSubstr("secret")));
}

TEST(ClientOptionsTest, TokenGoesToAnotherMachineWhenTheUserInsists) {
  ClientOptions options;
  options.address = "gpu-box:50051";
  options.token = "secret";
  options.allow_plaintext_token = true;
  EXPECT_TRUE(Client::Connect(options).ok());
}

TEST(ClientOptionsTest, CertificateWithoutKeyIsRefused) {
  ClientOptions options;
  options.tls_cert_file = "cert.pem";
  EXPECT_THAT(MessageOf(options), HasSubstr("--tls-key"));
}

TEST(ClientOptionsTest, CertificateWithoutTlsIsRefused) {
  ClientOptions options;
  options.tls_cert_file = "cert.pem";
  options.tls_key_file = "key.pem";
  EXPECT_THAT(MessageOf(options), HasSubstr("--tls-ca"));
}

TEST(ClientOptionsTest, AbsentCertificateFileIsNotFoundAndNamed) {
  ClientOptions options;
  options.tls_ca_file = "/nowhere/ca.pem";
  EXPECT_EQ(Client::Connect(options).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(options), HasSubstr("CA certificate /nowhere/ca.pem"));
}

TEST(ClientOptionsTest, CertificateFileThatIsNotPemIsRefused) {
  ClientOptions options;
  options.tls_ca_file = WriteFile("not.pem", "hello");
  EXPECT_THAT(MessageOf(options), HasSubstr("not PEM"));
}

TEST(ClientOptionsTest, EmptyTokenFileIsRefused) {
  ClientOptions options;
  options.token_file = WriteFile("empty.token", " \n");
  EXPECT_THAT(MessageOf(options), HasSubstr("is empty"));
}

TEST(ClientOptionsTest, TokenWithALineBreakInsideIsRefused) {
  ClientOptions options;
  options.token = "two\nlines";
  EXPECT_THAT(MessageOf(options), HasSubstr("one word"));
}

TEST(ClientOptionsTest, TimeUntilASilentStreamIsGivenUpMustBePositive) {
  ClientOptions options;
  options.stream_silence_timeout = absl::ZeroDuration();
  EXPECT_THAT(MessageOf(options), HasSubstr("must be positive, not 0"));
}

TEST(ClientOptionsTest, DeadlineMustBePositive) {
  ClientOptions options;
  options.deadline = absl::ZeroDuration();
  EXPECT_THAT(MessageOf(options), HasSubstr("--timeout"));
}

}  // namespace
}  // namespace traind
