#ifndef TRAIND_SERVER_RPC_INFERENCE_MODELS_H_
#define TRAIND_SERVER_RPC_INFERENCE_MODELS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/base/limits.h"
#include "server/serving/model_catalog.h"
#include "server/serving/predict_service.h"
#include "server/serving/prediction_statistics.h"

namespace traind {

// What the Open Inference Protocol's calls about models answer. A version that exists can
// be asked, loaded or not, unless its newest load has failed. Unless said otherwise:
// NOT_FOUND for an unknown model, version or alias, INVALID_ARGUMENT for a version that
// none can have. Stateless; thread-safe.
class InferenceModels {
 public:
  // Each must outlive this.
  struct Backend {
    PredictService& predicts;
    const ModelCatalog& catalog;
    const PredictionStatistics& statistics;
  };

  // `executor_count` is how many predictions run side by side.
  InferenceModels(const Backend& backend, const Limits& limits, int executor_count)
      : backend_(backend), limits_(limits), executor_count_(executor_count) {}

  // An unknown model or version is not ready.
  absl::StatusOr<inference::ModelReadyResponse> Ready(
      const inference::ModelReadyRequest& request) const;
  absl::StatusOr<inference::ModelMetadataResponse> Describe(
      const inference::ModelMetadataRequest& request) const;
  absl::StatusOr<inference::ModelConfigResponse> Configure(
      const inference::ModelConfigRequest& request) const;
  absl::StatusOr<inference::ModelStatisticsResponse> Count(
      const inference::ModelStatisticsRequest& request) const;
  // UNIMPLEMENTED: a repository's name; there is one, without a name.
  absl::StatusOr<inference::RepositoryIndexResponse> Index(
      const inference::RepositoryIndexRequest& request) const;

  // Answers through `done`, exactly once, when the newest version or the one that the
  // parameters name is loaded, or with the error of its load: at once or from the pool's
  // thread. Never blocks. Codes as Index and ParseLoadParameters.
  void Load(const inference::RepositoryModelLoadRequest& request,
            std::function<void(const absl::Status&)> done);
  // Gives up what is loaded of a model, or of the version that the parameters name, until
  // it is asked again. Codes as Load.
  absl::Status Unload(const inference::RepositoryModelUnloadRequest& request);

 private:
  using Version = std::shared_ptr<const v1::ModelVersion>;

  absl::StatusOr<Version> Find(const std::string& model, const std::string& version) const;
  absl::StatusOr<std::vector<v1::Model>> ListModels() const;

  const Backend backend_;
  const Limits limits_;
  const int executor_count_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_INFERENCE_MODELS_H_
