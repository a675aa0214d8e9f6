#ifndef TRAIND_CLIENT_TRAIND_CLIENT_H_
#define TRAIND_CLIENT_TRAIND_CLIENT_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client_options.h"
#include "client/push_source.h"
#include "client/run_listener.h"
#include "traind/v1/dataset_service.pb.h"
#include "traind/v1/export_service.pb.h"
#include "traind/v1/model_service.pb.h"
#include "traind/v1/module_service.pb.h"
#include "traind/v1/prediction_service.pb.h"
#include "traind/v1/recipe_service.pb.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/server_service.pb.h"
#include "traind/v1/sweep_service.pb.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// A connection to one traind. Every call has a deadline, and ends with
// CANCELLED once the options' stop token is triggered. Calls that are safe to
// repeat are tried again while the server is UNAVAILABLE: all that read, PauseRun,
// PublishRun, SetModelAlias, SetCanaryShare, SetLogLevel, BeginDatasetPush, and StartTraining and
// CreateSweep with a request_id.
// Errors are the server's own codes, see the protos; a fault of the server itself names the call's
// request id, which the server's log has too. Thread-safe: any number of calls may be in flight.
class Client {
 public:
  using Options = ClientOptions;

  // Opens a channel; the first call connects. INVALID_ARGUMENT for options that
  // cannot work, NOT_FOUND or PERMISSION_DENIED for files that cannot be read.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(Options options);

  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<v1::Run> StartTraining(const v1::StartTrainingRequest& request);
  absl::StatusOr<v1::Run> GetRun(const std::string& run_id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request);
  absl::StatusOr<v1::Run> CancelRun(const std::string& run_id, bool force);
  absl::StatusOr<v1::Run> CancelRun(const v1::CancelRunRequest& request);
  absl::StatusOr<v1::Run> PauseRun(const std::string& run_id);
  absl::StatusOr<v1::Run> ResumeRun(const std::string& run_id);
  absl::StatusOr<v1::Run> PublishRun(const std::string& run_id);
  absl::StatusOr<v1::DeleteRunResponse> DeleteRun(const std::string& run_id);
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::CreateSweepRequest& request);
  absl::StatusOr<v1::Sweep> GetSweep(const std::string& sweep_id);
  absl::StatusOr<v1::ListSweepsResponse> ListSweeps(const v1::ListSweepsRequest& request);
  absl::StatusOr<v1::Sweep> CancelSweep(const std::string& sweep_id);
  absl::StatusOr<v1::Sweep> ResumeSweep(const std::string& sweep_id);
  absl::StatusOr<v1::DeleteSweepResponse> DeleteSweep(const v1::DeleteSweepRequest& request);
  absl::StatusOr<v1::PredictResponse> Predict(const v1::PredictRequest& request);
  absl::StatusOr<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request);
  absl::StatusOr<v1::Model> GetModel(const std::string& model);
  absl::StatusOr<v1::Model> SetModelAlias(const std::string& model, const std::string& alias,
                                          int64_t version);
  absl::StatusOr<v1::Model> DeleteModelAlias(const std::string& model, const std::string& alias);
  absl::StatusOr<v1::Model> RollbackModelAlias(const std::string& model, const std::string& alias);
  absl::StatusOr<v1::Model> SetCanaryShare(const std::string& model, int percent);
  // The model's versions, or one of them (version 0: all).
  absl::StatusOr<v1::UnloadModelResponse> UnloadModel(const std::string& model, int64_t version);
  absl::StatusOr<v1::Model> DeleteModelVersion(const v1::DeleteModelVersionRequest& request);
  absl::StatusOr<v1::ListRecipesResponse> ListRecipes(const v1::ListRecipesRequest& request);
  absl::StatusOr<v1::RecipeSummary> SummarizeRecipe(const v1::SummarizeRecipeRequest& request);
  // Rows of the run's trace after this step, and what they hold; none when there are no more.
  absl::StatusOr<v1::ReadTraceResponse> ReadTrace(const std::string& run_id, int64_t after_step);
  absl::StatusOr<v1::ReadWeightsResponse> ReadWeights(const v1::ReadWeightsRequest& request);
  absl::StatusOr<v1::ReadDatasetRowsResponse> ReadDatasetRows(
      const v1::ReadDatasetRowsRequest& request);
  absl::StatusOr<v1::DatasetPush> BeginDatasetPush(const v1::BeginDatasetPushRequest& request);
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(const v1::ListDatasetsRequest& request);
  absl::StatusOr<v1::Dataset> GetDataset(const std::string& name);
  absl::StatusOr<v1::DeleteDatasetResponse> DeleteDataset(const std::string& name);
  // Begins or goes on with a push, sends the bytes that `source` gives, and returns the
  // dataset that the server has made of them. Goes on after lost connections and restarts
  // of the server where it had come to; blocks until then. UNAVAILABLE when the server was
  // silent for backoff.give_up_after; otherwise as the proto says, or the source's errors.
  absl::StatusOr<v1::Dataset> PushDataset(const v1::BeginDatasetPushRequest& request,
                                          PushSource& source);
  absl::StatusOr<v1::ListModulesResponse> ListModules(const v1::ListModulesRequest& request);
  absl::StatusOr<v1::Module> GetModule(const std::string& name);
  absl::StatusOr<v1::DeleteModuleResponse> DeleteModule(const std::string& name);
  absl::StatusOr<v1::ModelVersion> PublishModule(const v1::PublishModuleRequest& request);
  // Sends the module that `source` gives in one stream, and waits until the server has tried
  // it. As the proto says, or the source's errors.
  absl::StatusOr<v1::Module> PushModule(const v1::ModuleHeader& header, PushSource& source);
  absl::StatusOr<v1::ServerInfo> GetServerInfo();
  absl::StatusOr<v1::ServerInfo> SetLogLevel(v1::LogLevel level);

  // Delivers the run's events after `after_sequence` to `listener`, each once
  // and in order, until the run's terminal state; returns the run as it ended.
  // Survives restarts of the server: a lost stream is opened again at the
  // cursor, and so is one that ends before the run does, or says nothing for
  // stream_silence_timeout. Ends early with
  // UNAVAILABLE when the server was silent for backoff.give_up_after, CANCELLED
  // when `stop` is triggered, DATA_LOSS when the server skips an event, and
  // with NOT_FOUND or OUT_OF_RANGE as the proto says. Blocks the caller.
  absl::StatusOr<v1::Run> FollowRun(const std::string& run_id, int64_t after_sequence,
                                    bool include_progress, RunListener& listener,
                                    std::stop_token stop);
  // As FollowRun above, with all that the request can say; its no_follow is
  // ignored. What filters and max_points leave out is no lost data, and neither is
  // what is not kept any more when after_sequence is 0. INVALID_ARGUMENT as the
  // proto says.
  absl::StatusOr<v1::Run> FollowRun(const v1::StreamMetricsRequest& request, RunListener& listener,
                                    std::stop_token stop);
  // As FollowRun, but returns after the newest event.
  absl::Status ReadEvents(const std::string& run_id, int64_t after_sequence, RunListener& listener,
                          std::stop_token stop);
  absl::Status ReadEvents(const v1::StreamMetricsRequest& request, RunListener& listener,
                          std::stop_token stop);

  const Options& options() const { return options_; }

 private:
  struct Connection;  // keeps gRPC's headers out of this one

  explicit Client(Options options);

  const Options options_;
  std::unique_ptr<Connection> connection_;  // set by Connect, then constant
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAIND_CLIENT_H_
