#ifndef TRAIND_TESTS_CLIENT_FAKE_TRAIND_H_
#define TRAIND_TESTS_CLIENT_FAKE_TRAIND_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/export_service.grpc.pb.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// One StreamMetrics call as the fake plays it.
struct StreamScript {
  std::vector<v1::StreamMetricsResponse> responses = {};
  // How the stream ends after them.
  grpc::Status end = {};
  // Stays open after the responses until the client goes away.
  bool hang = false;
  // Called once the responses are written.
  std::function<void()> written = {};
};

// A traind on a loopback port that answers from what a test has put in, over
// real gRPC. Fill the public fields before the first call; counters are read
// after the last. Thread-safe towards its own server threads.
class FakeTraind final : public v1::TrainingService::Service,
                         public v1::PredictionService::Service,
                         public v1::ModelService::Service,
                         public v1::RecipeService::Service,
                         public v1::DatasetService::Service,
                         public v1::ExportService::Service,
                         public v1::ServerService::Service {
 public:
  // Without TLS unless credentials say otherwise.
  explicit FakeTraind(std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  ~FakeTraind() override;

  // Ends all calls and comes up again at the same address. Not while a call of
  // the same thread is being answered.
  void Restart();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Answers.
  v1::Run run;                                               // of every call that returns a run
  std::map<std::string, v1::Run> other_runs;                 // of GetRun, by id
  std::deque<StreamScript> streams;                          // of StreamMetrics, one per call
  std::map<std::string, std::deque<grpc::Status>> failures;  // by method, one per call
  std::vector<v1::ListRunsResponse> run_pages;               // tokens are "1", "2", …
  std::map<std::string, int64_t> deletable;                  // freed bytes by run
  v1::ListRecipesResponse recipes;
  v1::RecipeSummary summary;
  v1::ListModelsResponse models;
  v1::Model model;  // of every call of ModelService
  v1::UnloadModelResponse unloaded;
  v1::PredictResponse prediction;
  std::vector<v1::ReadTraceResponse> trace_pages;  // by the rows of the pages before
  std::string weights;                             // of every run and version, in pieces of 4 bytes
  v1::ReadDatasetRowsResponse rows;
  v1::ListDatasetsResponse datasets;
  v1::Dataset dataset;  // of GetDataset, and of a push that is complete
  v1::DeleteDatasetResponse deleted_dataset;
  // A PushDataset call ends with UNAVAILABLE once the push has so many bytes; only once.
  int64_t break_push_at = -1;
  v1::ServerInfo info;

  // What came in.
  std::vector<v1::StartTrainingRequest> starts;
  std::vector<v1::StreamMetricsRequest> stream_requests;
  std::vector<v1::PredictRequest> predictions;
  std::vector<v1::ReadWeightsRequest> weight_requests;
  std::vector<v1::ReadDatasetRowsRequest> row_requests;
  std::vector<v1::BeginDatasetPushRequest> pushes;
  std::string pushed_bytes;
  std::vector<std::string> dataset_deletes;
  std::vector<v1::ListRunsRequest> run_lists;
  std::vector<v1::CancelRunRequest> cancels;
  std::vector<std::string> pauses;   // the runs' ids
  std::vector<std::string> resumes;  // likewise
  std::vector<std::string> deletes;  // likewise
  std::vector<v1::SetModelAliasRequest> alias_moves;
  std::vector<v1::DeleteModelAliasRequest> alias_deletes;
  std::vector<v1::RollbackModelAliasRequest> rollbacks;
  std::vector<v1::DeleteModelVersionRequest> version_deletes;
  std::vector<v1::SetCanaryShareRequest> canary_shares;
  std::vector<v1::UnloadModelRequest> unloads;
  std::vector<std::string> publications;  // the runs' ids
  std::vector<v1::SummarizeRecipeRequest> summaries;
  std::vector<v1::LogLevel> log_levels;
  std::vector<std::string> request_ids;  // of every call
  std::string last_authorization;
  bool every_call_had_deadline = true;

  grpc::Status StartTraining(grpc::ServerContext*, const v1::StartTrainingRequest*,
                             v1::Run*) override;
  grpc::Status StreamMetrics(grpc::ServerContext*, const v1::StreamMetricsRequest*,
                             grpc::ServerWriter<v1::StreamMetricsResponse>*) override;
  grpc::Status GetRun(grpc::ServerContext*, const v1::GetRunRequest*, v1::Run*) override;
  grpc::Status ListRuns(grpc::ServerContext*, const v1::ListRunsRequest*,
                        v1::ListRunsResponse*) override;
  grpc::Status CancelRun(grpc::ServerContext*, const v1::CancelRunRequest*, v1::Run*) override;
  grpc::Status PauseRun(grpc::ServerContext*, const v1::PauseRunRequest*, v1::Run*) override;
  grpc::Status ResumeRun(grpc::ServerContext*, const v1::ResumeRunRequest*, v1::Run*) override;
  grpc::Status PublishRun(grpc::ServerContext*, const v1::PublishRunRequest*, v1::Run*) override;
  grpc::Status DeleteRun(grpc::ServerContext*, const v1::DeleteRunRequest*,
                         v1::DeleteRunResponse*) override;
  grpc::Status Predict(grpc::ServerContext*, const v1::PredictRequest*,
                       v1::PredictResponse*) override;
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse*) override;
  grpc::Status GetModel(grpc::ServerContext*, const v1::GetModelRequest*, v1::Model*) override;
  grpc::Status SetModelAlias(grpc::ServerContext*, const v1::SetModelAliasRequest*,
                             v1::Model*) override;
  grpc::Status DeleteModelAlias(grpc::ServerContext*, const v1::DeleteModelAliasRequest*,
                                v1::Model*) override;
  grpc::Status RollbackModelAlias(grpc::ServerContext*, const v1::RollbackModelAliasRequest*,
                                  v1::Model*) override;
  grpc::Status SetCanaryShare(grpc::ServerContext*, const v1::SetCanaryShareRequest*,
                              v1::Model*) override;
  grpc::Status UnloadModel(grpc::ServerContext*, const v1::UnloadModelRequest*,
                           v1::UnloadModelResponse*) override;
  grpc::Status DeleteModelVersion(grpc::ServerContext*, const v1::DeleteModelVersionRequest*,
                                  v1::Model*) override;
  grpc::Status ListRecipes(grpc::ServerContext*, const v1::ListRecipesRequest*,
                           v1::ListRecipesResponse*) override;
  grpc::Status SummarizeRecipe(grpc::ServerContext*, const v1::SummarizeRecipeRequest*,
                               v1::RecipeSummary*) override;
  grpc::Status BeginDatasetPush(grpc::ServerContext*, const v1::BeginDatasetPushRequest*,
                                v1::DatasetPush*) override;
  grpc::Status PushDataset(grpc::ServerContext*, grpc::ServerReader<v1::PushDatasetRequest>*,
                           v1::Dataset*) override;
  grpc::Status ListDatasets(grpc::ServerContext*, const v1::ListDatasetsRequest*,
                            v1::ListDatasetsResponse*) override;
  grpc::Status GetDataset(grpc::ServerContext*, const v1::GetDatasetRequest*,
                          v1::Dataset*) override;
  grpc::Status DeleteDataset(grpc::ServerContext*, const v1::DeleteDatasetRequest*,
                             v1::DeleteDatasetResponse*) override;
  grpc::Status ReadTrace(grpc::ServerContext*, const v1::ReadTraceRequest*,
                         v1::ReadTraceResponse*) override;
  grpc::Status ReadWeights(grpc::ServerContext*, const v1::ReadWeightsRequest*,
                           v1::ReadWeightsResponse*) override;
  grpc::Status ReadDatasetRows(grpc::ServerContext*, const v1::ReadDatasetRowsRequest*,
                               v1::ReadDatasetRowsResponse*) override;
  grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest*,
                             v1::ServerInfo*) override;
  grpc::Status SetLogLevel(grpc::ServerContext*, const v1::SetLogLevelRequest*,
                           v1::ServerInfo*) override;

 private:
  void Start();
  // Notes what the call brought and takes the failure planned for it, if any.
  grpc::Status Enter(const grpc::ServerContext& context, const std::string& method);

  std::mutex mutex_;  // guards all fields above while calls run
  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_FAKE_TRAIND_H_
