#include "tests/client/fake_traind.h"

#include <grpcpp/server_builder.h>

#include <chrono>
#include <thread>

namespace traind {

FakeTraind::FakeTraind(std::shared_ptr<grpc::ServerCredentials> credentials)
    : credentials_(credentials != nullptr ? credentials : grpc::InsecureServerCredentials()) {
  Start();
}

void FakeTraind::Restart() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
  Start();
}

void FakeTraind::Start() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address(), credentials_, &port_);
  builder.RegisterService(static_cast<v1::TrainingService::Service*>(this));
  builder.RegisterService(static_cast<v1::PredictionService::Service*>(this));
  builder.RegisterService(static_cast<v1::ModelService::Service*>(this));
  builder.RegisterService(static_cast<v1::RecipeService::Service*>(this));
  builder.RegisterService(static_cast<v1::DatasetService::Service*>(this));
  builder.RegisterService(static_cast<v1::ExportService::Service*>(this));
  builder.RegisterService(static_cast<v1::ServerService::Service*>(this));
  server_ = builder.BuildAndStart();
}

FakeTraind::~FakeTraind() { server_->Shutdown(std::chrono::system_clock::now()); }

grpc::Status FakeTraind::Enter(const grpc::ServerContext& context, const std::string& method) {
  const auto metadata = [&context](const char* name) {
    const auto found = context.client_metadata().find(name);
    return found == context.client_metadata().end()
               ? std::string()
               : std::string(found->second.data(), found->second.size());
  };
  last_authorization = metadata("authorization");
  request_ids.push_back(metadata("x-request-id"));
  if (context.deadline() == std::chrono::system_clock::time_point::max()) {
    every_call_had_deadline = false;
  }
  std::deque<grpc::Status>& planned = failures[method];
  if (planned.empty()) return grpc::Status::OK;
  const grpc::Status status = planned.front();
  planned.pop_front();
  return status;
}

grpc::Status FakeTraind::StartTraining(grpc::ServerContext* context,
                                       const v1::StartTrainingRequest* request, v1::Run* response) {
  std::lock_guard lock(mutex_);
  starts.push_back(*request);
  *response = run;
  return Enter(*context, "StartTraining");
}

grpc::Status FakeTraind::StreamMetrics(grpc::ServerContext* context,
                                       const v1::StreamMetricsRequest* request,
                                       grpc::ServerWriter<v1::StreamMetricsResponse>* writer) {
  StreamScript script;
  {
    std::lock_guard lock(mutex_);
    stream_requests.push_back(*request);
    if (const grpc::Status status = Enter(*context, "StreamMetrics"); !status.ok()) return status;
    if (streams.empty()) return {grpc::INTERNAL, "the test planned no further stream"};
    script = streams.front();
    streams.pop_front();
  }
  for (const v1::StreamMetricsResponse& response : script.responses) writer->Write(response);
  if (script.written) script.written();
  while (script.hang && !context->IsCancelled()) {
    // A cancelled call is only seen by asking; the client ends this wait.
    std::this_thread::yield();
  }
  return script.end;
}

grpc::Status FakeTraind::GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                                v1::Run* response) {
  std::lock_guard lock(mutex_);
  if (other_runs.contains(request->run_id())) {
    *response = other_runs[request->run_id()];
    return Enter(*context, "GetRun");
  }
  *response = run;
  if (request->run_id() != run.id()) return {grpc::NOT_FOUND, "no run " + request->run_id()};
  return Enter(*context, "GetRun");
}

grpc::Status FakeTraind::ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                                  v1::ListRunsResponse* response) {
  std::lock_guard lock(mutex_);
  run_lists.push_back(*request);
  const size_t page = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  if (page < run_pages.size()) *response = run_pages[page];
  if (page + 1 < run_pages.size()) response->set_next_page_token(std::to_string(page + 1));
  return Enter(*context, "ListRuns");
}

grpc::Status FakeTraind::CancelRun(grpc::ServerContext* context,
                                   const v1::CancelRunRequest* request, v1::Run* response) {
  std::lock_guard lock(mutex_);
  cancels.push_back(*request);
  *response = run;
  return Enter(*context, "CancelRun");
}

grpc::Status FakeTraind::PauseRun(grpc::ServerContext* context, const v1::PauseRunRequest* request,
                                  v1::Run* response) {
  std::lock_guard lock(mutex_);
  pauses.push_back(request->run_id());
  *response = run;
  return Enter(*context, "PauseRun");
}

grpc::Status FakeTraind::ResumeRun(grpc::ServerContext* context,
                                   const v1::ResumeRunRequest* request, v1::Run* response) {
  std::lock_guard lock(mutex_);
  resumes.push_back(request->run_id());
  *response = run;
  return Enter(*context, "ResumeRun");
}

grpc::Status FakeTraind::DeleteRun(grpc::ServerContext* context,
                                   const v1::DeleteRunRequest* request,
                                   v1::DeleteRunResponse* response) {
  std::lock_guard lock(mutex_);
  deletes.push_back(request->run_id());
  if (const grpc::Status status = Enter(*context, "DeleteRun"); !status.ok()) return status;
  const auto found = deletable.find(request->run_id());
  if (found == deletable.end()) return {grpc::NOT_FOUND, "no run " + request->run_id()};
  response->set_freed_bytes(found->second);
  return grpc::Status::OK;
}

grpc::Status FakeTraind::Predict(grpc::ServerContext* context, const v1::PredictRequest* request,
                                 v1::PredictResponse* response) {
  std::lock_guard lock(mutex_);
  predictions.push_back(*request);
  *response = prediction;
  return Enter(*context, "Predict");
}

grpc::Status FakeTraind::ListModels(grpc::ServerContext* context, const v1::ListModelsRequest*,
                                    v1::ListModelsResponse* response) {
  std::lock_guard lock(mutex_);
  *response = models;
  return Enter(*context, "ListModels");
}

grpc::Status FakeTraind::GetModel(grpc::ServerContext* context, const v1::GetModelRequest*,
                                  v1::Model* response) {
  std::lock_guard lock(mutex_);
  *response = model;
  return Enter(*context, "GetModel");
}

grpc::Status FakeTraind::SetModelAlias(grpc::ServerContext* context,
                                       const v1::SetModelAliasRequest* request,
                                       v1::Model* response) {
  std::lock_guard lock(mutex_);
  alias_moves.push_back(*request);
  *response = model;
  return Enter(*context, "SetModelAlias");
}

grpc::Status FakeTraind::DeleteModelAlias(grpc::ServerContext* context,
                                          const v1::DeleteModelAliasRequest* request,
                                          v1::Model* response) {
  std::lock_guard lock(mutex_);
  alias_deletes.push_back(*request);
  *response = model;
  return Enter(*context, "DeleteModelAlias");
}

grpc::Status FakeTraind::RollbackModelAlias(grpc::ServerContext* context,
                                            const v1::RollbackModelAliasRequest* request,
                                            v1::Model* response) {
  std::lock_guard lock(mutex_);
  rollbacks.push_back(*request);
  *response = model;
  return Enter(*context, "RollbackModelAlias");
}

grpc::Status FakeTraind::SetCanaryShare(grpc::ServerContext* context,
                                        const v1::SetCanaryShareRequest* request,
                                        v1::Model* response) {
  std::lock_guard lock(mutex_);
  canary_shares.push_back(*request);
  *response = model;
  return Enter(*context, "SetCanaryShare");
}

grpc::Status FakeTraind::UnloadModel(grpc::ServerContext* context,
                                     const v1::UnloadModelRequest* request,
                                     v1::UnloadModelResponse* response) {
  std::lock_guard lock(mutex_);
  unloads.push_back(*request);
  *response = unloaded;
  return Enter(*context, "UnloadModel");
}

grpc::Status FakeTraind::PublishRun(grpc::ServerContext* context,
                                    const v1::PublishRunRequest* request, v1::Run* response) {
  std::lock_guard lock(mutex_);
  publications.push_back(request->run_id());
  *response = run;
  return Enter(*context, "PublishRun");
}

grpc::Status FakeTraind::DeleteModelVersion(grpc::ServerContext* context,
                                            const v1::DeleteModelVersionRequest* request,
                                            v1::Model* response) {
  std::lock_guard lock(mutex_);
  version_deletes.push_back(*request);
  *response = model;
  return Enter(*context, "DeleteModelVersion");
}

grpc::Status FakeTraind::ListRecipes(grpc::ServerContext* context, const v1::ListRecipesRequest*,
                                     v1::ListRecipesResponse* response) {
  std::lock_guard lock(mutex_);
  *response = recipes;
  return Enter(*context, "ListRecipes");
}

grpc::Status FakeTraind::SummarizeRecipe(grpc::ServerContext* context,
                                         const v1::SummarizeRecipeRequest* request,
                                         v1::RecipeSummary* response) {
  std::lock_guard lock(mutex_);
  summaries.push_back(*request);
  *response = summary;
  return Enter(*context, "SummarizeRecipe");
}

grpc::Status FakeTraind::ReadTrace(grpc::ServerContext* context,
                                   const v1::ReadTraceRequest* request,
                                   v1::ReadTraceResponse* response) {
  std::lock_guard lock(mutex_);
  int64_t step = 0;
  for (const v1::ReadTraceResponse& page : trace_pages) {
    *response = page;
    if (step == request->after_step()) return Enter(*context, "ReadTrace");
    step += page.rows_size();
  }
  response->clear_rows();
  return Enter(*context, "ReadTrace");
}

grpc::Status FakeTraind::ReadWeights(grpc::ServerContext* context,
                                     const v1::ReadWeightsRequest* request,
                                     v1::ReadWeightsResponse* response) {
  std::lock_guard lock(mutex_);
  weight_requests.push_back(*request);
  const auto offset = static_cast<size_t>(request->offset());
  if (offset < weights.size()) response->set_data(weights.substr(offset, 4));
  response->set_total_bytes(10);
  if (request->has_run_id()) response->set_checkpoint("step-000000007");
  return Enter(*context, "ReadWeights");
}

grpc::Status FakeTraind::ReadDatasetRows(grpc::ServerContext* context,
                                         const v1::ReadDatasetRowsRequest* request,
                                         v1::ReadDatasetRowsResponse* response) {
  std::lock_guard lock(mutex_);
  row_requests.push_back(*request);
  *response = rows;
  return Enter(*context, "ReadDatasetRows");
}

grpc::Status FakeTraind::BeginDatasetPush(grpc::ServerContext* context,
                                          const v1::BeginDatasetPushRequest* request,
                                          v1::DatasetPush* response) {
  std::lock_guard lock(mutex_);
  pushes.push_back(*request);
  response->set_id("the-push");
  response->set_received_bytes(static_cast<int64_t>(pushed_bytes.size()));
  for (const v1::PushedFile& file : request->files()) {
    response->set_total_bytes(response->total_bytes() + file.size_bytes());
  }
  return Enter(*context, "BeginDatasetPush");
}

grpc::Status FakeTraind::PushDataset(grpc::ServerContext* context,
                                     grpc::ServerReader<v1::PushDatasetRequest>* reader,
                                     v1::Dataset* response) {
  v1::PushDatasetRequest piece;
  while (reader->Read(&piece)) {
    std::lock_guard lock(mutex_);
    if (piece.push_id() != "the-push" ||
        piece.offset() != static_cast<int64_t>(pushed_bytes.size())) {
      return {grpc::StatusCode::ABORTED, "another push, or another place"};
    }
    pushed_bytes += piece.data();
    if (break_push_at >= 0 && static_cast<int64_t>(pushed_bytes.size()) >= break_push_at) {
      break_push_at = -1;
      return {grpc::StatusCode::UNAVAILABLE, "gone"};
    }
  }
  std::lock_guard lock(mutex_);
  *response = dataset;
  return Enter(*context, "PushDataset");
}

grpc::Status FakeTraind::ListDatasets(grpc::ServerContext* context, const v1::ListDatasetsRequest*,
                                      v1::ListDatasetsResponse* response) {
  std::lock_guard lock(mutex_);
  *response = datasets;
  return Enter(*context, "ListDatasets");
}

grpc::Status FakeTraind::GetDataset(grpc::ServerContext* context, const v1::GetDatasetRequest*,
                                    v1::Dataset* response) {
  std::lock_guard lock(mutex_);
  *response = dataset;
  return Enter(*context, "GetDataset");
}

grpc::Status FakeTraind::DeleteDataset(grpc::ServerContext* context,
                                       const v1::DeleteDatasetRequest* request,
                                       v1::DeleteDatasetResponse* response) {
  std::lock_guard lock(mutex_);
  dataset_deletes.push_back(request->name());
  *response = deleted_dataset;
  return Enter(*context, "DeleteDataset");
}

grpc::Status FakeTraind::GetServerInfo(grpc::ServerContext* context,
                                       const v1::GetServerInfoRequest*, v1::ServerInfo* response) {
  std::lock_guard lock(mutex_);
  *response = info;
  return Enter(*context, "GetServerInfo");
}

grpc::Status FakeTraind::SetLogLevel(grpc::ServerContext* context,
                                     const v1::SetLogLevelRequest* request,
                                     v1::ServerInfo* response) {
  std::lock_guard lock(mutex_);
  log_levels.push_back(request->level());
  info.set_log_level(request->level());
  *response = info;
  return Enter(*context, "SetLogLevel");
}

}  // namespace traind
