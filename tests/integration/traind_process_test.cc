// The real executables: what an operator sees of exit codes, signals and the log.

#include "tests/integration/traind_process.h"

#include <grpcpp/create_channel.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_split.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/support/temp_directory.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Borrows the dataset `tiny` and its recipe from the run service's fixture.
class TraindProcessTest : public RunServiceFixture {
 protected:
  std::vector<std::string> Flags(const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags = {"--listen",       "127.0.0.1:0",     "--metrics-listen",
                                      "127.0.0.1:0",    "--data-dir",      directory_.Path("data"),
                                      "--datasets-dir", directory_.path(), "--recipes-dir",
                                      "recipes",        "--address-file",  address_file_};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }

  std::vector<std::string> LogLines() {
    return absl::StrSplit(ReadFile(log_), '\n', absl::SkipEmpty());
  }

  std::string GrpcAddress() {
    const std::map<std::string, std::string> lines =
        absl::StrSplit(ReadFile(address_file_), absl::ByAnyChar("=\n"), absl::SkipEmpty());
    return lines.at("grpc");
  }

  // Starts `tiny` with so many epochs and follows it until it trains.
  std::string StartAndAwaitTraining(int epochs) {
    const auto channel = grpc::CreateChannel(GrpcAddress(), grpc::InsecureChannelCredentials());
    const auto stub = v1::TrainingService::NewStub(channel);
    v1::StartTrainingRequest request = Request();
    v1::Override& change = *request.add_overrides();
    change.set_path("epoch_count");
    change.set_value(std::to_string(epochs));
    grpc::ClientContext start_context, stream_context;
    v1::Run run;
    const grpc::Status started = stub->StartTraining(&start_context, request, &run);
    EXPECT_TRUE(started.ok()) << started.error_message();
    v1::StreamMetricsRequest follow;
    follow.set_run_id(run.id());
    const auto stream = stub->StreamMetrics(&stream_context, follow);
    v1::StreamMetricsResponse message;
    while (stream->Read(&message)) {
      for (const v1::Event& event : message.events()) {
        if (event.has_epoch_started()) stream_context.TryCancel();
      }
    }
    stream->Finish();
    return run.id();
  }

  const std::string log_ = directory_.Path("log");
  const std::string address_file_ = directory_.Path("addresses");
};

TEST_F(TraindProcessTest, TheFirstLineTellsTheChosenAddresses) {
  TraindProcess traind(Flags(), log_);
  ASSERT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
  EXPECT_THAT(LogLines()[0], HasSubstr("serving grpc=" + GrpcAddress()));
}

TEST_F(TraindProcessTest, SigtermAndSigintStopItCleanly) {
  for (const int signal : {SIGTERM, SIGINT}) {
    TraindProcess traind(Flags(), log_);
    ASSERT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
    traind.Signal(signal);
    EXPECT_EQ(traind.Wait(), 0) << ReadFile(log_);
    EXPECT_THAT(LogLines().back(), HasSubstr("stopped"));
  }
}

TEST_F(TraindProcessTest, SigtermDuringATrainingStopsWithinTheGraceAndTheRunGoesOn) {
  {
    TraindProcess traind(Flags({"--shutdown-grace", "15"}), log_);
    ASSERT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
    EXPECT_EQ(StartAndAwaitTraining(10'000), "tiny-1");
    traind.Signal(SIGTERM);
    EXPECT_EQ(traind.Wait(), 0) << ReadFile(log_);
  }
  TraindProcess traind(Flags(), log_);
  ASSERT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
  const auto channel = grpc::CreateChannel(GrpcAddress(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  v1::GetRunRequest request;
  request.set_run_id("tiny-1");
  v1::Run run;
  ASSERT_TRUE(v1::TrainingService::NewStub(channel)->GetRun(&context, request, &run).ok());
  EXPECT_FALSE(run.has_end_time()) << run.DebugString();
}

TEST_F(TraindProcessTest, AServerKilledOutrightLeavesTheDataDirectoryToTheNext) {
  {
    TraindProcess traind(Flags(), log_);
    ASSERT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
    traind.Signal(SIGKILL);
    EXPECT_EQ(traind.Wait(), -SIGKILL);
  }
  std::filesystem::remove(address_file_);
  TraindProcess traind(Flags(), log_);
  EXPECT_TRUE(traind.WaitForFile(address_file_)) << ReadFile(log_);
}

TEST_F(TraindProcessTest, ABadFlagIsOneLineAndExitCode2) {
  TraindProcess traind(Flags({"--lisen", "x"}), log_);
  EXPECT_EQ(traind.Wait(), 2);
  EXPECT_THAT(LogLines(), ElementsAre(HasSubstr("traind: ")));
}

TEST_F(TraindProcessTest, AnUnwritableDataDirectoryIsOneLineAndExitCode1) {
  TraindProcess traind({"--data-dir", "/proc/nowhere", "--recipes-dir", "recipes"}, log_);
  EXPECT_EQ(traind.Wait(), 1);
  EXPECT_THAT(LogLines(), ElementsAre(HasSubstr("/proc/nowhere")));
}

TEST_F(TraindProcessTest, ATakenPortIsOneLineAndExitCode1) {
  TraindProcess first(Flags(), log_);
  ASSERT_TRUE(first.WaitForFile(address_file_)) << ReadFile(log_);
  const std::string second_log = directory_.Path("second-log");
  std::vector<std::string> flags = Flags({"--data-dir", directory_.Path("other")});
  flags[1] = GrpcAddress();
  TraindProcess second(flags, second_log);
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_EQ(ReadFile(second_log), "traind: cannot listen on " + GrpcAddress() +
                                      ": another process uses the port, or the address is not "
                                      "this machine's\n");
}

}  // namespace
}  // namespace traind
