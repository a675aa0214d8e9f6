#include "server/rpc/rpc_server.h"

#include <thread>

#include "absl/time/clock.h"
#include "tests/rpc/raw_call.h"
#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RpcServerTest : public RpcFixture {
 protected:
  absl::Status StartOn(const std::string& address) {
    RpcServer::Options options;
    options.listen_address = address;
    options.tls = options_.tls;
    return RpcServer::Start(options,
                            {*service_, *event_log_, *predicts_, catalog_, recipes_, datasets_,
                             dataset_store_, log_, clock_, statistics_, export_files_, *sweeps_,
                             modules_, module_store_, module_publisher_},
                            {})
        .status();
  }
};

TEST_F(RpcServerTest, PortZeroIsReplacedByTheChosenPort) {
  Serve();
  EXPECT_THAT(server_->address(), MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
}

TEST_F(RpcServerTest, ATakenPortIsAStatusThatNamesTheAddress) {
  Serve();
  EXPECT_THAT(StartOn(server_->address()),
              StatusIs(absl::StatusCode::kUnavailable, "cannot listen on " + server_->address()));
}

TEST_F(RpcServerTest, AnAddressWithoutAPortIsRefused) {
  Serve();
  EXPECT_THAT(StartOn("localhost"),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected host:port"));
}

TEST_F(RpcServerTest, ACertificateThatIsNoPemIsRefused) {
  Serve();
  options_.tls = RpcServer::Tls{"garbage", "garbage", ""};
  EXPECT_THAT(StartOn("127.0.0.1:0"),
              StatusIs(absl::StatusCode::kInvalidArgument, "TLS certificate: expected PEM"));
}

TEST_F(RpcServerTest, HealthKnowsTheServerAndEveryService) {
  options_.token = "s3cret";  // health stays open
  Serve();
  for (const char* service :
       {"", "traind.v1.TrainingService", "traind.v1.PredictionService", "traind.v1.RecipeService",
        "traind.v1.DatasetService", "traind.v1.ExportService", "traind.v1.ModelService",
        "traind.v1.ServerService", "inference.GRPCInferenceService"}) {
    EXPECT_EQ(HealthOf(*channel_, service), kServing) << service;
  }
}

TEST_F(RpcServerTest, AServerThatLeavesHealthStillAnswers) {
  Serve();
  server_->LeaveHealth();
  EXPECT_EQ(HealthOf(*channel_, ""), kNotServing);
  EXPECT_TRUE(GetServerInfo().ok());
}

TEST_F(RpcServerTest, ReflectionListsTheServices) {
  options_.token = "s3cret";  // reflection stays open
  Serve();
  const std::string answer = ListServicesByReflection(*channel_);
  EXPECT_THAT(answer, HasSubstr("traind.v1.TrainingService"));
  EXPECT_THAT(answer, HasSubstr("traind.v1.PredictionService"));
  EXPECT_THAT(answer, HasSubstr("inference.GRPCInferenceService"));
}

TEST_F(RpcServerTest, ShutdownEndsStreamsWithUnavailable) {
  Serve();
  const std::string run_id = Start().id();
  grpc::ClientContext context;
  v1::StreamMetricsRequest request;
  request.set_run_id(run_id);
  auto stream = training_->StreamMetrics(&context, request);
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  server_->Shutdown(absl::Now() + absl::Seconds(10));
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServerTest, ShutdownLetsAPredictInFlightFinish) {
  execution_.hold = true;
  Serve();
  grpc::Status status;
  std::thread client([&] { status = PredictOneRow(); });
  execution_.begun.WaitForNotification();
  std::thread shutdown([&] { server_->Shutdown(absl::Now() + absl::Seconds(10)); });
  execution_.release.Notify();
  client.join();
  shutdown.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace traind
