#include "server/server.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "grpcpp/create_channel.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/telemetry/http_get.h"
#include "traind/v1/server_service.grpc.pb.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    // All that a server needs of a worker before the first run: its devices.
    WriteFile(directory_.Path("worker"), "#!/bin/sh\necho cpu\n");
    chmod(directory_.Path("worker").c_str(), 0755);
    options_.listen = "127.0.0.1:0";
    options_.metrics_listen = "127.0.0.1:0";
    options_.data_dir = directory_.Path("data");
    options_.datasets_dir = directory_.Path("datasets");
    options_.recipes_dir = "recipes";
    options_.worker = directory_.Path("worker");
  }

  static absl::StatusOr<v1::ServerInfo> GetInfo(const std::string& address) {
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    v1::ServerInfo info;
    const grpc::Status status =
        v1::ServerService::NewStub(channel)->GetServerInfo(&context, {}, &info);
    if (!status.ok()) return absl::UnavailableError(status.error_message());
    return info;
  }

  TempDirectory directory_;
  ServerOptions options_;
};

TEST_F(ServerTest, ServesWhereItSaysAndTellsAboutItself) {
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  const absl::StatusOr<v1::ServerInfo> info = GetInfo((*server)->address());
  ASSERT_OK(info);
  EXPECT_EQ(info->torch_version(), "2.11.0");
  ASSERT_EQ(info->devices_size(), 1);
  EXPECT_EQ(info->devices(0), "cpu");
  EXPECT_EQ(info->metrics_address(), (*server)->metrics_address());
  const std::string page = HttpGet(info->metrics_address(), "/metrics");
  for (const char* looked_up : {"\ntraind_build_info{", "\ntraind_predict_queue_depth 0",
                                "\ntraind_predict_queue_limit 1024",
                                "\ntraind_data_directory_free_bytes ", "\nprocess_open_fds "}) {
    EXPECT_THAT(page, HasSubstr(looked_up));
  }
}

TEST_F(ServerTest, MetricsCanBeOff) {
  options_.metrics_listen.clear();
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  EXPECT_EQ((*server)->metrics_address(), "");
}

TEST_F(ServerTest, ATakenPortIsAStatus) {
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  options_.data_dir = directory_.Path("other");
  options_.listen = (*server)->address();
  EXPECT_THAT(Server::Start(options_),
              StatusIs(absl::StatusCode::kUnavailable, "cannot listen on " + options_.listen));
}

TEST_F(ServerTest, ATakenMetricsPortIsAStatus) {
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  options_.data_dir = directory_.Path("other");
  options_.metrics_listen = (*server)->metrics_address();
  EXPECT_THAT(Server::Start(options_), StatusIs(absl::StatusCode::kUnavailable, "for metrics"));
}

TEST_F(ServerTest, ASecondServerDoesNotGetTheDataDirectory) {
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  EXPECT_THAT(Server::Start(options_),
              StatusIs(absl::StatusCode::kFailedPrecondition, options_.data_dir));
}

TEST_F(ServerTest, TheNextServerGetsTheDataDirectoryOfOneThatStopped) {
  ASSERT_OK(Server::Start(options_));
  EXPECT_OK(Server::Start(options_));
}

TEST_F(ServerTest, AnUnwritableDataDirectoryIsNamed) {
  options_.data_dir = "/proc/nowhere";
  const absl::Status status = Server::Start(options_).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/nowhere"));
}

TEST_F(ServerTest, AnAbsentWorkerIsNamed) {
  options_.worker = directory_.Path("absent");
  EXPECT_THAT(Server::Start(options_),
              StatusIs(absl::StatusCode::kNotFound, "name its executable with --worker"));
}

TEST_F(ServerTest, ADeviceForPredictionsThatIsNotThereIsNamed) {
  options_.predict_device = "cuda:0";
  EXPECT_THAT(Server::Start(options_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "--predict-device cuda:0: not found, this machine has: cpu"));
}

TEST_F(ServerTest, AutoPredictsOnTheCpuWhereThereIsNoGpu) {
  options_.predict_device = "auto";
  EXPECT_OK(Server::Start(options_));
}

TEST_F(ServerTest, AfterShutdownNobodyAnswersAndTheAddressFileIsGone) {
  options_.address_file = directory_.Path("addresses");
  const auto server = Server::Start(options_);
  ASSERT_OK(server);
  EXPECT_THAT(ReadFile(options_.address_file), HasSubstr("grpc=" + (*server)->address()));
  (*server)->Shutdown(absl::Seconds(5));
  EXPECT_FALSE(std::filesystem::exists(options_.address_file));
  EXPECT_THAT(GetInfo((*server)->address()), testing::Not(IsOk()));
}

}  // namespace
}  // namespace traind
