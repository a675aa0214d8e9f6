#ifndef TRAIND_TESTS_RPC_RPC_FIXTURE_H_
#define TRAIND_TESTS_RPC_RPC_FIXTURE_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "server/rpc/rpc_server.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/serving/serving_fakes.h"
#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// Remembers how calls went. Thread-safe.
class CallRecorder {
 public:
  void Record(const CallOutcome& outcome) {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(absl::StrCat(std::string(outcome.method), " ",
                                  absl::StatusCodeToString(outcome.status.code())));
  }
  std::vector<std::string> calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> calls_;
};

// The public endpoint on a free port over the real core with fakes below it, and
// a client. Knows the recipes of the project and the model `two`, version 1.
class RpcFixture : public RunServiceFixture {
 protected:
  RpcFixture() {
    absl::StatusOr<RecipeCatalog> catalog = RecipeCatalog::Load("recipes");
    EXPECT_OK(catalog);
    if (catalog.ok()) recipes_ = *std::move(catalog);
    options_.listen_address = "127.0.0.1:0";
    options_.on_call = [this](const CallOutcome& outcome) { calls_.Record(outcome); };
  }

  ~RpcFixture() override { server_.reset(); }

  // Serves with options_ and limits_ as they are, and connects in plaintext.
  void Serve() {
    Restart();
    PredictService::Options predict_options;
    predict_options.limits = limits_;
    predicts_ =
        std::make_unique<PredictService>(predict_options, models_, loader_, nullptr, clock_);
    options_.limits = limits_;
    v1::ServerInfo info;
    info.set_version("1.2.3");
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(
        options_, {*service_, *event_log_, *predicts_, recipes_, datasets_, clock_}, info);
    ASSERT_OK(server);
    server_ = *std::move(server);
    if (!options_.tls.has_value()) Connect(grpc::InsecureChannelCredentials());
  }

  void Connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    // Channels of one process share connections otherwise.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxSendMessageSize(-1);
    channel_ = grpc::CreateCustomChannel(server_->address(), credentials, arguments);
    training_ = v1::TrainingService::NewStub(channel_);
  }

  grpc::Status GetServerInfo(const std::string& authorization = "") {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    v1::ServerInfo info;
    return v1::ServerService::NewStub(channel_)->GetServerInfo(&context, {}, &info);
  }

  // Predicts with the model `two`; `authorization` and deadline are the context's.
  grpc::Status PredictOneRow(grpc::ClientContext& context, v1::PredictResponse& response) {
    v1::PredictRequest request;
    request.set_model("two");
    v1::Tensor& x = *request.add_inputs();
    x.set_name("x");
    x.set_data_type(v1::DATA_TYPE_FP32);
    for (int64_t size : {1, 1, 1, 2}) x.add_shape(size);
    x.set_data(std::string(8, '\0'));
    return v1::PredictionService::NewStub(channel_)->Predict(&context, request, &response);
  }
  grpc::Status PredictOneRow() {
    grpc::ClientContext context;
    v1::PredictResponse response;
    return PredictOneRow(context, response);
  }

  FakeModelStore models_{{TwoClassVersion(1)}};
  FakeExecution execution_;
  FakeExecutorLoader loader_{execution_};
  CallRecorder calls_;
  RpcServer::Options options_;
  std::unique_ptr<PredictService> predicts_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TrainingService::Stub> training_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_RPC_FIXTURE_H_
