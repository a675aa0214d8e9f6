#include "client/traind_client.h"

#include <chrono>
#include <functional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/channel.h"
#include "client/dataset_pusher.h"
#include "client/module_sender.h"
#include "client/request_id.h"
#include "client/rpc_status.h"
#include "client/run_follower.h"
#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/export_service.grpc.pb.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/module_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/sweep_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {
namespace {

using Deadline = std::chrono::system_clock::time_point;

enum class Repeat { kSafe, kNever };

constexpr int kReconnectTries = 10;

// Whether a later try may succeed. Nobody here has cancelled the call: a server that
// is shutting down does so with calls that come too late.
bool IsPassing(const grpc::Status& status) {
  return status.error_code() == grpc::UNAVAILABLE || status.error_code() == grpc::CANCELLED;
}

Deadline FromNow(absl::Duration duration) { return absl::ToChronoTime(absl::Now() + duration); }

}  // namespace

struct Client::Connection {
  Connection(std::shared_ptr<grpc::Channel> channel, std::string token, const Options& options)
      : options(options),
        channel(channel),
        waiter(options.waiter != nullptr ? *options.waiter : SystemWaiter()),
        token(std::move(token)),
        training(v1::TrainingService::NewStub(channel)),
        prediction(v1::PredictionService::NewStub(channel)),
        models(v1::ModelService::NewStub(channel)),
        recipes(v1::RecipeService::NewStub(channel)),
        datasets(v1::DatasetService::NewStub(channel)),
        exports(v1::ExportService::NewStub(channel)),
        modules(v1::ModuleService::NewStub(channel)),
        server(v1::ServerService::NewStub(channel)),
        sweeps(v1::SweepService::NewStub(channel)) {}

  void Prepare(grpc::ClientContext& context, Deadline deadline,
               const std::string& request_id) const {
    context.set_deadline(deadline);
    context.AddMetadata(kRequestIdMetadata, request_id);
    if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, Repeat repeat) const {
    const int tries = repeat == Repeat::kSafe ? options.unary_tries_max : 1;
    const Deadline deadline = FromNow(options.deadline);
    const std::string request_id = NewRequestId();  // of the call, however often it is tried
    Backoff backoff(options.backoff, std::random_device()());
    for (int tried = 1;; ++tried) {
      grpc::ClientContext context;
      Prepare(context, deadline, request_id);
      std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
      Response response;
      const grpc::Status status = (stub.*method)(&context, request, &response);
      if (status.ok()) return response;
      if (options.stop.stop_requested()) return absl::CancelledError("interrupted");
      const absl::Duration delay = backoff.Next();
      if (!IsPassing(status) || tried >= tries || FromNow(delay) >= deadline) {
        return FromRpcStatus(status, options.address, request_id);
      }
      waiter.Wait(delay, options.stop);
      Reconnect(options.stop, 1);
    }
  }

  // Waits until the channel is connected, at most `tries` times 200 ms. gRPC
  // makes progress with a connection only while a thread waits inside of it;
  // left alone it looks every five seconds, and quick calls only see the old failure.
  void Reconnect(const std::stop_token& stop, int tries) const {
    for (int tried = 0; tried < tries && !stop.stop_requested(); ++tried) {
      if (channel->WaitForConnected(FromNow(absl::Milliseconds(200)))) return;
    }
  }

  // What prepares the context of a stream, and gives its request id.
  std::function<std::string(grpc::ClientContext&)> StreamPreparation() const {
    return [this](grpc::ClientContext& context) {
      std::string request_id = NewRequestId();
      Prepare(context, FromNow(options.stream_deadline), request_id);
      return request_id;
    };
  }

  RunFollower::Server ServerOf(Client& client, const std::string& run_id) const {
    return {.training = training.get(),
            .prepare = StreamPreparation(),
            .reconnect = [this](std::stop_token stop) { Reconnect(stop, kReconnectTries); },
            .get_run = [&client, run_id] { return client.GetRun(run_id); },
            .address = options.address};
  }

  const Options& options;  // the client's, which outlives this
  const std::shared_ptr<grpc::Channel> channel;
  Waiter& waiter;
  const std::string token;
  const std::unique_ptr<v1::TrainingService::Stub> training;
  const std::unique_ptr<v1::PredictionService::Stub> prediction;
  const std::unique_ptr<v1::ModelService::Stub> models;
  const std::unique_ptr<v1::RecipeService::Stub> recipes;
  const std::unique_ptr<v1::DatasetService::Stub> datasets;
  const std::unique_ptr<v1::ExportService::Stub> exports;
  const std::unique_ptr<v1::ModuleService::Stub> modules;
  const std::unique_ptr<v1::ServerService::Stub> server;
  const std::unique_ptr<v1::SweepService::Stub> sweeps;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(Options options) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(options);
  if (!channel.ok()) return channel.status();
  absl::StatusOr<std::string> token = LoadToken(options);
  if (!token.ok()) return token.status();
  std::unique_ptr<Client> client(new Client(std::move(options)));
  client->connection_ =
      std::make_unique<Connection>(*std::move(channel), *std::move(token), client->options_);
  return client;
}

Client::Client(Options options) : options_(std::move(options)) {}

Client::~Client() = default;

absl::StatusOr<v1::Run> Client::StartTraining(const v1::StartTrainingRequest& request) {
  // Without an id a second try could start a second run.
  const Repeat repeat = request.request_id().empty() ? Repeat::kNever : Repeat::kSafe;
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::StartTraining,
                           request, repeat);
}

absl::StatusOr<v1::Run> Client::GetRun(const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::GetRun, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::ListRunsResponse> Client::ListRuns(const v1::ListRunsRequest& request) {
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::ListRuns, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::CancelRun(const std::string& run_id, bool force) {
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  request.set_force(force);
  return CancelRun(request);
}

// After a lost answer a second cancel, resume, rollback or delete would fail since the
// first has done its work, and what went well would look like an error.
absl::StatusOr<v1::Run> Client::CancelRun(const v1::CancelRunRequest& request) {
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::CancelRun, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Run> Client::PublishRun(const std::string& run_id) {
  v1::PublishRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::PublishRun, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::PauseRun(const std::string& run_id) {
  v1::PauseRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::PauseRun, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::ResumeRun(const std::string& run_id) {
  v1::ResumeRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::ResumeRun, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::DeleteRunResponse> Client::DeleteRun(const std::string& run_id) {
  v1::DeleteRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::DeleteRun, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Sweep> Client::CreateSweep(const v1::CreateSweepRequest& request) {
  // Without an id a second try could make a second sweep.
  const Repeat repeat = request.request_id().empty() ? Repeat::kNever : Repeat::kSafe;
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::CreateSweep, request,
                           repeat);
}

absl::StatusOr<v1::Sweep> Client::GetSweep(const std::string& sweep_id) {
  v1::GetSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::GetSweep, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::ListSweepsResponse> Client::ListSweeps(const v1::ListSweepsRequest& request) {
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::ListSweeps, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Sweep> Client::CancelSweep(const std::string& sweep_id) {
  v1::CancelSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::CancelSweep, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Sweep> Client::ResumeSweep(const std::string& sweep_id) {
  v1::ResumeSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::ResumeSweep, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::DeleteSweepResponse> Client::DeleteSweep(const v1::DeleteSweepRequest& request) {
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::DeleteSweep, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::PredictResponse> Client::Predict(const v1::PredictRequest& request) {
  return connection_->Call(*connection_->prediction, &v1::PredictionService::Stub::Predict, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::ListModelsResponse> Client::ListModels(const v1::ListModelsRequest& request) {
  return connection_->Call(*connection_->prediction, &v1::PredictionService::Stub::ListModels,
                           request, Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::GetModel(const std::string& model) {
  v1::GetModelRequest request;
  request.set_model(model);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::GetModel, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::SetModelAlias(const std::string& model, const std::string& alias,
                                                int64_t version) {
  v1::SetModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  request.set_version(version);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::SetModelAlias, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::DeleteModelAlias(const std::string& model,
                                                   const std::string& alias) {
  v1::DeleteModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::DeleteModelAlias, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::RollbackModelAlias(const std::string& model,
                                                     const std::string& alias) {
  v1::RollbackModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::RollbackModelAlias,
                           request, Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::SetCanaryShare(const std::string& model, int percent) {
  v1::SetCanaryShareRequest request;
  request.set_model(model);
  request.set_percent(percent);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::SetCanaryShare, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::UnloadModelResponse> Client::UnloadModel(const std::string& model,
                                                            int64_t version) {
  v1::UnloadModelRequest request;
  request.set_model(model);
  request.set_version(version);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::UnloadModel, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::DeleteModelVersion(const v1::DeleteModelVersionRequest& request) {
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::DeleteModelVersion,
                           request, Repeat::kNever);
}

absl::StatusOr<v1::ListRecipesResponse> Client::ListRecipes(const v1::ListRecipesRequest& request) {
  return connection_->Call(*connection_->recipes, &v1::RecipeService::Stub::ListRecipes, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::RecipeSummary> Client::SummarizeRecipe(
    const v1::SummarizeRecipeRequest& request) {
  return connection_->Call(*connection_->recipes, &v1::RecipeService::Stub::SummarizeRecipe,
                           request, Repeat::kSafe);
}

absl::StatusOr<v1::ReadTraceResponse> Client::ReadTrace(const std::string& run_id,
                                                        int64_t after_step) {
  v1::ReadTraceRequest request;
  request.set_run_id(run_id);
  request.set_after_step(after_step);
  return connection_->Call(*connection_->exports, &v1::ExportService::Stub::ReadTrace, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::ReadWeightsResponse> Client::ReadWeights(const v1::ReadWeightsRequest& request) {
  return connection_->Call(*connection_->exports, &v1::ExportService::Stub::ReadWeights, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::ReadDatasetRowsResponse> Client::ReadDatasetRows(
    const v1::ReadDatasetRowsRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::ReadDatasetRows,
                           request, Repeat::kSafe);
}

absl::StatusOr<v1::DatasetPush> Client::BeginDatasetPush(
    const v1::BeginDatasetPushRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::BeginDatasetPush,
                           request, Repeat::kSafe);
}

absl::StatusOr<v1::ListDatasetsResponse> Client::ListDatasets(
    const v1::ListDatasetsRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::ListDatasets, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Dataset> Client::GetDataset(const std::string& name) {
  v1::GetDatasetRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::GetDataset, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::DeleteDatasetResponse> Client::DeleteDataset(const std::string& name) {
  v1::DeleteDatasetRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::DeleteDataset,
                           request, Repeat::kNever);
}

absl::StatusOr<v1::Dataset> Client::PushDataset(const v1::BeginDatasetPushRequest& request,
                                                PushSource& source) {
  const DatasetPusher::Server server = {
      .datasets = connection_->datasets.get(),
      .begin = [this, &request] { return BeginDatasetPush(request); },
      .prepare = connection_->StreamPreparation(),
      .reconnect = [this](std::stop_token stop) { connection_->Reconnect(stop, kReconnectTries); },
      .address = options_.address};
  return DatasetPusher(server, options_, source).Push();
}

absl::StatusOr<v1::ListModulesResponse> Client::ListModules(const v1::ListModulesRequest& request) {
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::ListModules, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Module> Client::GetModule(const std::string& name) {
  v1::GetModuleRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::GetModule, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::DeleteModuleResponse> Client::DeleteModule(const std::string& name) {
  v1::DeleteModuleRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::DeleteModule, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::ModelVersion> Client::PublishModule(const v1::PublishModuleRequest& request) {
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::PublishModule, request,
                           Repeat::kNever);
}

absl::StatusOr<v1::Module> Client::PushModule(const v1::ModuleHeader& header, PushSource& source) {
  const ModuleServer server = {.modules = connection_->modules.get(),
                               .prepare = connection_->StreamPreparation(),
                               .address = options_.address};
  return SendModule(server, header, source, options_.stop);
}

absl::StatusOr<v1::ServerInfo> Client::GetServerInfo() {
  return connection_->Call(*connection_->server, &v1::ServerService::Stub::GetServerInfo,
                           v1::GetServerInfoRequest(), Repeat::kSafe);
}

absl::StatusOr<v1::ServerInfo> Client::SetLogLevel(v1::LogLevel level) {
  v1::SetLogLevelRequest request;
  request.set_level(level);
  return connection_->Call(*connection_->server, &v1::ServerService::Stub::SetLogLevel, request,
                           Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::FollowRun(const std::string& run_id, int64_t after_sequence,
                                          bool include_progress, RunListener& listener,
                                          std::stop_token stop) {
  v1::StreamMetricsRequest request;
  request.set_run_id(run_id);
  request.set_after_sequence(after_sequence);
  request.set_include_progress(include_progress);
  return FollowRun(request, listener, std::move(stop));
}

absl::StatusOr<v1::Run> Client::FollowRun(const v1::StreamMetricsRequest& request,
                                          RunListener& listener, std::stop_token stop) {
  v1::StreamMetricsRequest following = request;
  following.set_no_follow(false);
  return RunFollower(connection_->ServerOf(*this, request.run_id()), std::move(following), options_,
                     listener, std::move(stop))
      .Follow();
}

absl::Status Client::ReadEvents(const std::string& run_id, int64_t after_sequence,
                                RunListener& listener, std::stop_token stop) {
  v1::StreamMetricsRequest request;
  request.set_run_id(run_id);
  request.set_after_sequence(after_sequence);
  return ReadEvents(request, listener, std::move(stop));
}

absl::Status Client::ReadEvents(const v1::StreamMetricsRequest& request, RunListener& listener,
                                std::stop_token stop) {
  v1::StreamMetricsRequest reading = request;
  reading.set_no_follow(true);
  return RunFollower(connection_->ServerOf(*this, request.run_id()), std::move(reading), options_,
                     listener, std::move(stop))
      .ReadAll();
}

}  // namespace traind
