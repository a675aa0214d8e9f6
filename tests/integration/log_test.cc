// What the real executables write to their logs, and what never gets into them.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/integration/traind_process.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/support/temp_directory.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {
namespace {

using ::testing::AllOf;

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "token-that-no-log-may-have";
constexpr char kWrongToken[] = "guess-that-no-log-may-have";
// 4 pixels as float32, each small because of the 0 (0x30) in its highest byte.
constexpr char kPixels[] = "pix0els0tha0tno0";

// 64 pixels, as the recipe of `tiny` wants them.
std::string Image() {
  std::string image;
  for (int i = 0; i < 16; ++i) image += kPixels;
  return image;
}

// A traind with TLS, a token, JSON lines and level debug; borrows the dataset
// `tiny` and its recipe from the run service's fixture.
class LogTest : public RunServiceFixture {
 protected:
  void SetUp() override {
    MakeCertificate();
    WriteFile(Path("token"), kToken);
    traind_.emplace(
        std::vector<std::string>{
            "--listen",      "localhost:0",   "--metrics-listen", "off",
            "--data-dir",    Path("data"),    "--datasets-dir",   directory_.path(),
            "--recipes-dir", "recipes",       "--address-file",   Path("addresses"),
            "--token-file",  Path("token"),   "--tls-cert",       Path("tls.crt"),
            "--tls-key",     Path("tls.key"), "--log-format",     "json",
            "--log-level",   "debug"},
        Path("log"));
    ASSERT_TRUE(traind_->WaitForFile(Path("addresses"))) << ReadFile(Path("log"));
    const std::map<std::string, std::string> lines =
        absl::StrSplit(ReadFile(Path("addresses")), absl::ByAnyChar("=\n"), absl::SkipEmpty());
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = ReadFile(Path("tls.crt"));
    channel_ = grpc::CreateChannel(lines.at("grpc"), grpc::SslCredentials(ssl));
  }

  std::string Path(const std::string& name) { return directory_.Path(name); }

  void MakeCertificate() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
        Path("tls.key") + " -out " + Path("tls.crt") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  static void Prepare(grpc::ClientContext& context, const std::string& request_id,
                      const std::string& token = kToken) {
    context.AddMetadata("authorization", "Bearer " + token);
    context.AddMetadata("x-request-id", request_id);
  }

  // Starts `tiny` and follows it to its end.
  void Train(const std::string& request_id) {
    const auto stub = v1::TrainingService::NewStub(channel_);
    grpc::ClientContext start_context, stream_context;
    Prepare(start_context, request_id);
    Prepare(stream_context, "follow");
    v1::Run run;
    v1::StartTrainingRequest request = Request();
    // Runs with more than one thread share no worker, and have a log of their own.
    request.mutable_execution()->set_thread_count(2);
    ASSERT_TRUE(stub->StartTraining(&start_context, request, &run).ok());
    v1::StreamMetricsRequest follow;
    follow.set_run_id(run.id());
    const auto stream = stub->StreamMetrics(&stream_context, follow);
    v1::StreamMetricsResponse message;
    while (stream->Read(&message)) {
    }
    ASSERT_TRUE(stream->Finish().ok());
  }

  grpc::Status Predict(const std::string& data, const std::string& token = kToken) {
    grpc::ClientContext context;
    Prepare(context, "predict", token);
    v1::PredictRequest request;
    request.set_model("tiny");
    v1::Tensor& images = *request.add_inputs();
    images.set_name("x");
    images.set_data_type(v1::DATA_TYPE_FP32);
    for (const int64_t size : {1, 1, 8, 8}) images.add_shape(size);
    images.set_data(data);
    v1::PredictResponse response;
    return v1::PredictionService::NewStub(channel_)->Predict(&context, request, &response);
  }

  grpc::Status GetRun(const std::string& run_id) {
    grpc::ClientContext context;
    Prepare(context, "get-run");
    v1::GetRunRequest request;
    request.set_run_id(run_id);
    v1::Run run;
    return v1::TrainingService::NewStub(channel_)->GetRun(&context, request, &run);
  }

  // Stops the server and returns all that it and its workers have written.
  std::string StopAndReadLogs() {
    traind_->Signal(SIGTERM);
    EXPECT_EQ(traind_->Wait(), 0) << ReadFile(Path("log"));
    return ReadFile(Path("log")) + WorkerLog();
  }
  // Empty when nothing was trained.
  std::string WorkerLog() {
    const std::string path = Path("data/logs/tiny-1/attempt-1.log");
    return std::filesystem::exists(path) ? ReadFile(path) : "";
  }

  // The lines of a log in JSON; one that is none fails the test.
  static std::vector<nlohmann::json> Parse(const std::string& log) {
    std::vector<nlohmann::json> lines;
    for (const absl::string_view text : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
      nlohmann::json line = nlohmann::json::parse(std::string(text), nullptr, false);
      EXPECT_TRUE(line.is_object()) << text;
      if (line.is_object()) lines.push_back(std::move(line));
    }
    return lines;
  }
  static std::vector<nlohmann::json> WithMessage(const std::vector<nlohmann::json>& lines,
                                                 const std::string& message) {
    std::vector<nlohmann::json> found;
    for (const nlohmann::json& line : lines) {
      if (line.value("message", "") == message) found.push_back(line);
    }
    return found;
  }

  std::optional<TraindProcess> traind_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(LogTest, EveryLineOfServerAndWorkerIsAnObjectWithTimeLevelAndMessage) {
  Train("train-1");
  const std::vector<nlohmann::json> lines = Parse(StopAndReadLogs());
  ASSERT_FALSE(lines.empty());
  for (const nlohmann::json& line : lines) {
    for (const char* key : {"time", "level", "message"}) {
      EXPECT_TRUE(line.contains(key) && line[key].is_string()) << line;
    }
  }
}

TEST_F(LogTest, TheLineOfARunsCreationNamesRunAndRequest) {
  Train("train-1");
  const std::vector<nlohmann::json> changes =
      WithMessage(Parse(StopAndReadLogs()), "run changed state");
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes[0]["run"], "tiny-1");
  EXPECT_EQ(changes[0]["to"], "queued");
  EXPECT_EQ(changes[0]["request"], "train-1");
}

TEST_F(LogTest, EveryLineOfTheWorkerNamesRunAndAttempt) {
  Train("train-1");
  StopAndReadLogs();
  const std::vector<nlohmann::json> lines = Parse(WorkerLog());
  for (const nlohmann::json& line : lines) {
    EXPECT_EQ(line.value("run", ""), "tiny-1") << line;
    EXPECT_EQ(line.value("attempt", ""), "1") << line;
  }
  EXPECT_EQ(WithMessage(lines, "epoch finished").size(), 2u);
}

TEST_F(LogTest, StepsAreNotLogged) {
  Train("train-1");
  // 2 epochs of 4 steps: state changes, epochs, a model and calls, once each, and how
  // steps are computed.
  const std::string logs = absl::StrReplaceAll(StopAndReadLogs(), {{"steps: fused", ""}});
  EXPECT_THAT(logs, Not(HasSubstr("step")));
}

TEST_F(LogTest, NoSecretAndNoDataGetsIntoALog) {
  Train("train-1");
  EXPECT_TRUE(Predict(Image()).ok());
  EXPECT_FALSE(Predict(Image().substr(1)).ok());
  EXPECT_EQ(Predict(Image(), kWrongToken).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const std::string log = StopAndReadLogs();
  // The calls are there…
  EXPECT_THAT(log, AllOf(HasSubstr("UNAUTHENTICATED"), HasSubstr("INVALID_ARGUMENT"),
                         HasSubstr("\"message\":\"call done\",\"method\":\"PredictionService")));
  // … and nothing that they carried.
  for (const char* secret : {kToken, kWrongToken, kPixels}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
  const std::string key = ReadFile(Path("tls.key"));
  for (const absl::string_view line : absl::StrSplit(key, '\n', absl::SkipEmpty())) {
    EXPECT_THAT(log, Not(HasSubstr(std::string(line))));
  }
}

TEST_F(LogTest, AClientsTextCannotMakeALineOfItsOwn) {
  const std::string forged = "x\n{\"time\":\"now\",\"level\":\"error\",\"message\":\"forged\"}";
  EXPECT_EQ(GetRun(forged).error_code(), grpc::StatusCode::NOT_FOUND);
  const std::vector<nlohmann::json> lines = Parse(StopAndReadLogs());
  EXPECT_TRUE(WithMessage(lines, "forged").empty());
  const std::vector<nlohmann::json> failures = WithMessage(lines, "call failed");
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_THAT(failures[0]["error"].get<std::string>(), HasSubstr(forged));
  EXPECT_EQ(failures[0]["request"], "get-run");
}

TEST_F(LogTest, SigUsr1TogglesBetweenDebugAndTheConfiguredLevel) {
  const auto stub = v1::ServerService::NewStub(channel_);
  const auto level = [&stub] {
    grpc::ClientContext context;
    Prepare(context, "level");
    v1::ServerInfo info;
    EXPECT_TRUE(stub->GetServerInfo(&context, {}, &info).ok());
    return info.log_level();
  };
  grpc::ClientContext context;
  Prepare(context, "quiet");
  v1::SetLogLevelRequest request;
  request.set_level(v1::LOG_LEVEL_ERROR);
  v1::ServerInfo info;
  ASSERT_TRUE(stub->SetLogLevel(&context, request, &info).ok());
  EXPECT_EQ(level(), v1::LOG_LEVEL_ERROR);
  traind_->Signal(SIGUSR1);
  // The signal is answered by nothing but its effect.
  while (level() != v1::LOG_LEVEL_DEBUG) std::this_thread::yield();
  EXPECT_THAT(StopAndReadLogs(), HasSubstr("\"message\":\"log level changed\",\"from\":\"error\","
                                           "\"to\":\"debug\""));
}

}  // namespace
}  // namespace traind
