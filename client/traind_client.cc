#include "client/traind_client.h"

#include <utility>

#include "client/channel.h"
#include "client/client_connection.h"
#include "client/dataset_pusher.h"
#include "client/module_sender.h"
#include "client/run_follower.h"

namespace traind {

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
  const Connection::Repeat repeat =
      request.request_id().empty() ? Connection::Repeat::kNever : Connection::Repeat::kSafe;
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::StartTraining,
                           request, repeat);
}

absl::StatusOr<v1::Run> Client::GetRun(const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::GetRun, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ListRunsResponse> Client::ListRuns(const v1::ListRunsRequest& request) {
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::ListRuns, request,
                           Connection::Repeat::kSafe);
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
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Run> Client::PublishRun(const std::string& run_id) {
  v1::PublishRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::PublishRun, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::PauseRun(const std::string& run_id) {
  v1::PauseRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::PauseRun, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Run> Client::ResumeRun(const std::string& run_id) {
  v1::ResumeRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::ResumeRun, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::DeleteRunResponse> Client::DeleteRun(const std::string& run_id) {
  v1::DeleteRunRequest request;
  request.set_run_id(run_id);
  return connection_->Call(*connection_->training, &v1::TrainingService::Stub::DeleteRun, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Sweep> Client::CreateSweep(const v1::CreateSweepRequest& request) {
  // Without an id a second try could make a second sweep.
  const Connection::Repeat repeat =
      request.request_id().empty() ? Connection::Repeat::kNever : Connection::Repeat::kSafe;
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::CreateSweep, request,
                           repeat);
}

absl::StatusOr<v1::Sweep> Client::GetSweep(const std::string& sweep_id) {
  v1::GetSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::GetSweep, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ListSweepsResponse> Client::ListSweeps(const v1::ListSweepsRequest& request) {
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::ListSweeps, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Sweep> Client::CancelSweep(const std::string& sweep_id) {
  v1::CancelSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::CancelSweep, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Sweep> Client::ResumeSweep(const std::string& sweep_id) {
  v1::ResumeSweepRequest request;
  request.set_sweep_id(sweep_id);
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::ResumeSweep, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::DeleteSweepResponse> Client::DeleteSweep(const v1::DeleteSweepRequest& request) {
  return connection_->Call(*connection_->sweeps, &v1::SweepService::Stub::DeleteSweep, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::PredictResponse> Client::Predict(const v1::PredictRequest& request) {
  return connection_->Call(*connection_->prediction, &v1::PredictionService::Stub::Predict, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ListModelsResponse> Client::ListModels(const v1::ListModelsRequest& request) {
  return connection_->Call(*connection_->prediction, &v1::PredictionService::Stub::ListModels,
                           request, Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::GetModel(const std::string& model) {
  v1::GetModelRequest request;
  request.set_model(model);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::GetModel, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::SetModelAlias(const std::string& model, const std::string& alias,
                                                int64_t version) {
  v1::SetModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  request.set_version(version);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::SetModelAlias, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Model> Client::DeleteModelAlias(const std::string& model,
                                                   const std::string& alias) {
  v1::DeleteModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::DeleteModelAlias, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::RollbackModelAlias(const std::string& model,
                                                     const std::string& alias) {
  v1::RollbackModelAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::RollbackModelAlias,
                           request, Connection::Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::SetCanaryShare(const std::string& model, int percent) {
  v1::SetCanaryShareRequest request;
  request.set_model(model);
  request.set_percent(percent);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::SetCanaryShare, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::UnloadModelResponse> Client::UnloadModel(const std::string& model,
                                                            int64_t version) {
  v1::UnloadModelRequest request;
  request.set_model(model);
  request.set_version(version);
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::UnloadModel, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Model> Client::DeleteModelVersion(const v1::DeleteModelVersionRequest& request) {
  return connection_->Call(*connection_->models, &v1::ModelService::Stub::DeleteModelVersion,
                           request, Connection::Repeat::kNever);
}

absl::StatusOr<v1::ListRecipesResponse> Client::ListRecipes(const v1::ListRecipesRequest& request) {
  return connection_->Call(*connection_->recipes, &v1::RecipeService::Stub::ListRecipes, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::RecipeSummary> Client::SummarizeRecipe(
    const v1::SummarizeRecipeRequest& request) {
  return connection_->Call(*connection_->recipes, &v1::RecipeService::Stub::SummarizeRecipe,
                           request, Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ReadTraceResponse> Client::ReadTrace(const std::string& run_id,
                                                        int64_t after_step) {
  v1::ReadTraceRequest request;
  request.set_run_id(run_id);
  request.set_after_step(after_step);
  return connection_->Call(*connection_->exports, &v1::ExportService::Stub::ReadTrace, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ReadWeightsResponse> Client::ReadWeights(const v1::ReadWeightsRequest& request) {
  return connection_->Call(*connection_->exports, &v1::ExportService::Stub::ReadWeights, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ReadDatasetRowsResponse> Client::ReadDatasetRows(
    const v1::ReadDatasetRowsRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::ReadDatasetRows,
                           request, Connection::Repeat::kSafe);
}

absl::StatusOr<v1::DatasetPush> Client::BeginDatasetPush(
    const v1::BeginDatasetPushRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::BeginDatasetPush,
                           request, Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ListDatasetsResponse> Client::ListDatasets(
    const v1::ListDatasetsRequest& request) {
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::ListDatasets, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Dataset> Client::GetDataset(const std::string& name) {
  v1::GetDatasetRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::GetDataset, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::DeleteDatasetResponse> Client::DeleteDataset(const std::string& name) {
  v1::DeleteDatasetRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->datasets, &v1::DatasetService::Stub::DeleteDataset,
                           request, Connection::Repeat::kNever);
}

absl::StatusOr<v1::Dataset> Client::PushDataset(const v1::BeginDatasetPushRequest& request,
                                                PushSource& source) {
  const DatasetPusher::Server server = {
      .datasets = connection_->datasets.get(),
      .begin = [this, &request] { return BeginDatasetPush(request); },
      .prepare = connection_->StreamPreparation(),
      .reconnect =
          [this](std::stop_token stop) {
            connection_->Reconnect(stop, Connection::kReconnectTries);
          },
      .address = options_.address};
  return DatasetPusher(server, options_, source).Push();
}

absl::StatusOr<v1::ListModulesResponse> Client::ListModules(const v1::ListModulesRequest& request) {
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::ListModules, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::Module> Client::GetModule(const std::string& name) {
  v1::GetModuleRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::GetModule, request,
                           Connection::Repeat::kSafe);
}

absl::StatusOr<v1::DeleteModuleResponse> Client::DeleteModule(const std::string& name) {
  v1::DeleteModuleRequest request;
  request.set_name(name);
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::DeleteModule, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::ModelVersion> Client::PublishModule(const v1::PublishModuleRequest& request) {
  return connection_->Call(*connection_->modules, &v1::ModuleService::Stub::PublishModule, request,
                           Connection::Repeat::kNever);
}

absl::StatusOr<v1::Module> Client::PushModule(const v1::ModuleHeader& header, PushSource& source) {
  const ModuleServer server = {.modules = connection_->modules.get(),
                               .prepare = connection_->StreamPreparation(),
                               .address = options_.address};
  return SendModule(server, header, source, options_.stop);
}

absl::StatusOr<v1::ServerInfo> Client::GetServerInfo() {
  return connection_->Call(*connection_->server, &v1::ServerService::Stub::GetServerInfo,
                           v1::GetServerInfoRequest(), Connection::Repeat::kSafe);
}

absl::StatusOr<v1::ServerInfo> Client::SetLogLevel(v1::LogLevel level) {
  v1::SetLogLevelRequest request;
  request.set_level(level);
  return connection_->Call(*connection_->server, &v1::ServerService::Stub::SetLogLevel, request,
                           Connection::Repeat::kSafe);
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
