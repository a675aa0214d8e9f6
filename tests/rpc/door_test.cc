// What every call meets before its handler: token, TLS, sizes, health.

#include <grpcpp/health_check_service_interface.h>

#include <cstdlib>
#include <string>

#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DoorTest : public RpcFixture {
 protected:
  // A fresh self-signed certificate for `localhost`, by the openssl tool.
  void MakeCertificate(const std::string& name) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
        directory_.Path(name + ".key") + " -out " + directory_.Path(name + ".crt") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::string Pem(const std::string& file) { return ReadFile(directory_.Path(file)); }

  void ConnectTls(const grpc::SslCredentialsOptions& ssl) {
    const std::string address = server_->address();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetSslTargetNameOverride("localhost");
    channel_ = grpc::CreateCustomChannel(address, grpc::SslCredentials(ssl), arguments);
  }
};

TEST_F(DoorTest, WithoutATokenEverybodyMayCall) {
  Serve();
  EXPECT_TRUE(GetServerInfo().ok());
}

TEST_F(DoorTest, AMissingTokenIsUnauthenticated) {
  options_.token = "s3cret";
  Serve();
  const grpc::Status status = GetServerInfo();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("authorization: Bearer"));
}

TEST_F(DoorTest, AWrongTokenIsUnauthenticated) {
  options_.token = "s3cret";
  Serve();
  EXPECT_EQ(GetServerInfo("Bearer other!").error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(DoorTest, TheRightTokenOpens) {
  options_.token = "s3cret";
  Serve();
  EXPECT_TRUE(GetServerInfo("Bearer s3cret").ok());
}

TEST_F(DoorTest, StreamsAndPredictAskForTheTokenToo) {
  options_.token = "s3cret";
  Serve();
  grpc::ClientContext stream_context, predict_context;
  v1::StreamMetricsResponse message;
  auto stream = training_->StreamMetrics(&stream_context, {});
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  v1::PredictResponse response;
  EXPECT_EQ(v1::PredictionService::NewStub(channel_)
                ->Predict(&predict_context, {}, &response)
                .error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(DoorTest, EveryCallIsObservedWithItsCode) {
  options_.token = "s3cret";
  Serve();
  GetServerInfo("Bearer s3cret");
  GetServerInfo("Bearer other!");
  EXPECT_THAT(calls_.ended(), ElementsAre("ServerService/GetServerInfo OK",
                                          "ServerService/GetServerInfo UNAUTHENTICATED"));
}

TEST_F(DoorTest, TlsCarriesCallsOfClientsThatTrustTheCertificate) {
  MakeCertificate("server");
  options_.tls = RpcServer::Tls{Pem("server.crt"), Pem("server.key"), ""};
  Serve();
  ConnectTls({Pem("server.crt"), "", ""});
  EXPECT_TRUE(GetServerInfo().ok());
}

TEST_F(DoorTest, TlsRefusesPlaintextClients) {
  MakeCertificate("server");
  options_.tls = RpcServer::Tls{Pem("server.crt"), Pem("server.key"), ""};
  Serve();
  Connect(grpc::InsecureChannelCredentials());
  EXPECT_EQ(GetServerInfo().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(DoorTest, AClientCaAdmitsOnlyClientsWithACertificate) {
  MakeCertificate("server");
  MakeCertificate("client");
  options_.tls = RpcServer::Tls{Pem("server.crt"), Pem("server.key"), Pem("client.crt")};
  Serve();
  ConnectTls({Pem("server.crt"), "", ""});
  EXPECT_EQ(GetServerInfo().error_code(), grpc::StatusCode::UNAVAILABLE);
  ConnectTls({Pem("server.crt"), Pem("client.key"), Pem("client.crt")});
  EXPECT_TRUE(GetServerInfo().ok());
}

TEST_F(DoorTest, AMessageBeyondTheLimitIsResourceExhausted) {
  limits_.message_bytes_max = 10'000;
  Serve();
  grpc::ClientContext context;
  v1::PredictRequest request;
  request.add_inputs()->set_data(std::string(20'000, 'x'));
  v1::PredictResponse response;
  const grpc::Status status =
      v1::PredictionService::NewStub(channel_)->Predict(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("10000"));
}

}  // namespace
}  // namespace traind
