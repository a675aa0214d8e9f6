// A whole server whose predictions run in a process of their own, with the real worker.

#include <grpcpp/create_channel.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/server.h"
#include "tests/runs/run_service_fixture.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

// Borrows the dataset `tiny` and its recipe from the run service's fixture.
class ServingProcessTest : public RunServiceFixture {
 protected:
  void StartServer(bool apart) {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.metrics_listen.clear();
    options.data_dir = directory_.Path("data");
    options.datasets_dir = directory_.path();
    options.recipes_dir = "recipes";
    options.worker = TRAIND_WORKER_BINARY;
    options.predict_threads = 2;
    options.predict_apart = apart;
    options.pin = pin_;
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
    ASSERT_OK(server);
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    predictions_ = v1::PredictionService::NewStub(channel_);
  }

  // Trains `tiny` and follows it to its end, when its model is published.
  void Train() {
    const auto stub = v1::TrainingService::NewStub(channel_);
    grpc::ClientContext start_context;
    grpc::ClientContext stream_context;
    v1::Run run;
    const grpc::Status started = stub->StartTraining(&start_context, Request(), &run);
    ASSERT_TRUE(started.ok()) << started.error_message();
    v1::StreamMetricsRequest follow;
    follow.set_run_id(run.id());
    const auto stream = stub->StreamMetrics(&stream_context, follow);
    v1::StreamMetricsResponse message;
    while (stream->Read(&message)) {
    }
    ASSERT_TRUE(stream->Finish().ok());
  }

  // Predicts for two rows; the raw outputs.
  grpc::Status Predict(std::vector<std::string>* outputs = nullptr) {
    v1::PredictRequest request;
    request.set_model("tiny");
    v1::Tensor& x = *request.add_inputs();
    x.set_name("x");
    x.set_data_type(v1::DATA_TYPE_FP32);
    for (const int64_t size : {2, 1, 8, 8}) x.add_shape(size);
    std::vector<float> values;
    for (int i = 0; i < 2 * 64; ++i) values.push_back(static_cast<float>(i) / 128);
    x.set_data(
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    v1::PredictResponse response;
    const grpc::Status status = predictions_->Predict(&context, request, &response);
    if (outputs == nullptr) return status;
    outputs->clear();
    for (const v1::Tensor& output : response.outputs()) outputs->push_back(output.data());
    return status;
  }

  // Waits until the server says that it has loaded what is in use.
  void AwaitReady() {
    const auto stub = grpc::health::v1::Health::NewStub(channel_);
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(v1::PredictionService::service_full_name());
    grpc::health::v1::HealthCheckResponse response;
    while (response.status() != grpc::health::v1::HealthCheckResponse::SERVING) {
      grpc::ClientContext context;
      ASSERT_TRUE(stub->Check(&context, request, &response).ok());
    }
  }

  void Promote(int64_t version) {
    grpc::ClientContext context;
    v1::SetModelAliasRequest request;
    request.set_model("tiny");
    request.set_alias("production");
    request.set_version(version);
    v1::Model model;
    const grpc::Status status =
        v1::ModelService::NewStub(channel_)->SetModelAlias(&context, request, &model);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // The only version, as it stands now.
  v1::ModelVersion OnlyVersion() {
    grpc::ClientContext context;
    v1::ListModelsResponse models;
    EXPECT_TRUE(predictions_->ListModels(&context, {}, &models).ok());
    if (models.models_size() != 1) return {};
    return models.models(0).versions(0);
  }

  void Restart(bool apart) {
    server_->Shutdown(absl::Seconds(10));
    server_.reset();
    StartServer(apart);
  }

  // The process that predicts for this test's server.
  pid_t FindServingWorker() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline", std::ios::binary);
      // It has no line ends. Unlike a read of the buffer, this does not throw when the
      // process ends meanwhile.
      std::string line;
      std::getline(file, line);
      if (absl::StrContains(line, "--serve") && absl::StrContains(line, directory_.path())) {
        return std::stoi(entry.path().filename());
      }
    }
    return 0;
  }

  std::string pin_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::PredictionService::Stub> predictions_;
};

TEST_F(ServingProcessTest, AnswersAreThoseOfTheServersOwnProcess) {
  std::vector<std::string> apart;
  std::vector<std::string> within;
  StartServer(/*apart=*/true);
  Train();
  ASSERT_TRUE(Predict(&apart).ok());
  EXPECT_NE(FindServingWorker(), 0);
  server_->Shutdown(absl::Seconds(10));
  EXPECT_EQ(FindServingWorker(), 0);
  server_.reset();
  StartServer(/*apart=*/false);
  ASSERT_TRUE(Predict(&within).ok());
  EXPECT_EQ(FindServingWorker(), 0);
  ASSERT_EQ(within.size(), 3u);
  EXPECT_EQ(apart, within);
}

TEST_F(ServingProcessTest, WhatIsInProductionIsLoadedWhenTheServerStarts) {
  StartServer(/*apart=*/false);
  Train();
  Restart(/*apart=*/false);
  AwaitReady();
  EXPECT_EQ(OnlyVersion().load_state(), v1::LOAD_STATE_UNSPECIFIED);
  Promote(1);
  for (const bool apart : {false, true}) {
    Restart(apart);
    AwaitReady();
    EXPECT_EQ(OnlyVersion().load_state(), v1::LOAD_STATE_READY);
    EXPECT_EQ(OnlyVersion().device(), "cpu");
    EXPECT_EQ(FindServingWorker() != 0, apart);
  }
}

TEST_F(ServingProcessTest, APinnedModelThatCannotBeLoadedSaysWhyAndKeepsNobodyFromServing) {
  StartServer(/*apart=*/false);
  Train();
  WriteFile(directory_.Path("data/models/tiny/1/model.safetensors"), "damaged");
  pin_ = "absent,tiny";
  Restart(/*apart=*/false);
  AwaitReady();
  EXPECT_EQ(OnlyVersion().load_state(), v1::LOAD_STATE_UNAVAILABLE);
  EXPECT_THAT(OnlyVersion().load_reason(), testing::HasSubstr("model.safetensors"));
  Train();
  EXPECT_TRUE(Predict().ok());
}

TEST_F(ServingProcessTest, AKilledProcessFailsOnlyWhatWasInFlight) {
  StartServer(/*apart=*/true);
  Train();
  ASSERT_TRUE(Predict().ok());
  const pid_t first = FindServingWorker();
  ASSERT_NE(first, 0);
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0;
  std::vector<std::thread> clients;
  const absl::Cleanup end = [&] {
    stop = true;
    for (std::thread& client : clients) client.join();
  };
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        const grpc::Status status = Predict();
        if (!status.ok()) {
          EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE) << status.error_message();
          EXPECT_THAT(status.error_message(), testing::HasSubstr("the serving worker of cpu"));
        }
        ++answers;
        answers.notify_all();
      }
    });
  }
  for (int seen = answers; seen < 20; seen = answers) answers.wait(seen);
  ASSERT_EQ(kill(first, SIGKILL), 0);
  // Good again once a new process has loaded the model; nothing fails any more then.
  const absl::Time deadline = absl::Now() + kPatience;
  while (FindServingWorker() == first || FindServingWorker() == 0 || !Predict().ok()) {
    ASSERT_LT(absl::Now(), deadline);
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Predict().ok());
}

}  // namespace
}  // namespace traind
