#ifndef TRAIND_TESTS_RPC_RPC_FIXTURE_H_
#define TRAIND_TESTS_RPC_RPC_FIXTURE_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "server/rpc/rpc_server.h"
#include "tests/rpc/fake_dataset_store.h"
#include "tests/rpc/fake_export_files.h"
#include "tests/rpc/fake_module_store.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_sweep_store.h"
#include "tests/support/temp_directory.h"
#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/module_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// Remembers what it was told. Thread-safe.
class RpcRecorder : public RpcObserver {
 public:
  void OnCallStarted(absl::string_view method) override {
    absl::MutexLock lock(&mutex_);
    started_.emplace_back(method);
  }
  void OnCallEnded(const CallOutcome& outcome) override {
    absl::MutexLock lock(&mutex_);
    ended_.push_back(absl::StrCat(std::string(outcome.method), " ",
                                  absl::StatusCodeToString(outcome.status.code())));
    request_ids_.emplace_back(outcome.request_id);
  }
  void OnSubscribers(int change) override {
    absl::MutexLock lock(&mutex_);
    subscribers_ += change;
  }
  void OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) override {
    absl::MutexLock lock(&mutex_);
    event_count_ += event_count;
    lags_.insert(lags_.end(), lags.begin(), lags.end());
  }
  void OnStreamEnded(StreamEnd end) override {
    absl::MutexLock lock(&mutex_);
    stream_ends_.emplace_back(StreamEndName(end));
  }

  // Methods of calls that have begun; method and code, and request id, of ended ones.
  std::vector<std::string> started() const { return Copy(started_); }
  std::vector<std::string> ended() const { return Copy(ended_); }
  std::vector<std::string> request_ids() const { return Copy(request_ids_); }
  std::vector<absl::Duration> lags() const { return Copy(lags_); }
  // Why streams have ended, by name.
  std::vector<std::string> stream_ends() const { return Copy(stream_ends_); }
  // Waits until so many streams have ended.
  void AwaitStreamEnds(size_t count) const {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return stream_ends_.size() >= count;
    };
    mutex_.Await(absl::Condition(&reached));
  }
  int subscribers() const { return Copy(subscribers_); }
  int event_count() const { return Copy(event_count_); }

 private:
  template <typename Value>
  Value Copy(const Value& value) const {
    absl::MutexLock lock(&mutex_);
    return value;
  }

  mutable absl::Mutex mutex_;
  std::vector<std::string> started_;
  std::vector<std::string> ended_;
  std::vector<std::string> request_ids_;
  std::vector<absl::Duration> lags_;
  std::vector<std::string> stream_ends_;
  int subscribers_ = 0;
  int event_count_ = 0;
};

// A log that has nothing but a level. Thread-safe.
class FakeLogControl : public LogControl {
 public:
  v1::LogLevel level() const override { return level_; }
  void SetLevel(v1::LogLevel level) override { level_ = level; }

 private:
  std::atomic<v1::LogLevel> level_ = v1::LOG_LEVEL_INFO;
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
    options_.observer = &calls_;
  }

  ~RpcFixture() override { server_.reset(); }

  // Serves with options_ and limits_ as they are, and connects in plaintext.
  void Serve() {
    Restart();
    sweeps_ = std::make_unique<SweepService>(
        limits_, SweepService::Collaborators{sweep_store_, *service_, recipes_, inbox_, clock_});
    PredictService::Options predict_options;
    predict_options.limits = limits_;
    predicts_ =
        std::make_unique<PredictService>(predict_options, models_, loader_, &statistics_, clock_);
    options_.limits = limits_;
    v1::ServerInfo info;
    info.set_version("1.2.3");
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(
        options_,
        {*service_, *event_log_, *predicts_, catalog_, recipes_, datasets_, dataset_store_, log_,
         clock_, statistics_, export_files_, *sweeps_, modules_, module_store_, module_publisher_},
        info);
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
  ModelCatalog catalog_{models_, nullptr, clock_};
  FakeExecution execution_;
  FakeExecutorLoader loader_{execution_};
  PredictionStatistics statistics_{limits_, clock_};
  FakeSweepStore sweep_store_;
  SweepInbox inbox_;
  FakeLogControl log_;
  FakeDatasetStore dataset_store_;
  FakeExportFiles export_files_;
  TempDirectory modules_directory_;
  ModuleDirectory modules_{modules_directory_.path(), true};
  FakeModuleStore module_store_;
  FakeModulePublisher module_publisher_;
  RpcRecorder calls_;
  RpcServer::Options options_;
  std::unique_ptr<SweepService> sweeps_;
  std::unique_ptr<PredictService> predicts_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TrainingService::Stub> training_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_RPC_FIXTURE_H_
