#include "server/rpc/inference_models.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/oip/error_text.h"
#include "server/oip/load_parameters.h"
#include "server/oip/model_metadata.h"
#include "server/oip/model_selector.h"
#include "server/oip/model_statistics.h"
#include "server/oip/repository_index.h"

namespace traind {
namespace {

absl::Status CheckRepository(const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(
      "repository_name: expected none, since this server has one repository without a name, got ",
      QuotedName(name)));
}

// Numbers of a model's versions, lowest first.
std::vector<int64_t> VersionNumbers(const v1::Model& model) {
  std::vector<int64_t> numbers;
  for (const v1::ModelVersion& version : model.versions()) numbers.push_back(version.version());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

RepositoryEntry ToEntry(PredictService& predicts, const std::string& model, int64_t version) {
  RepositoryEntry entry{model, version, VersionState::kReady, ""};
  const ModelPool::State state = predicts.pool().StatusOf(model, version).state;
  const std::string trouble = predicts.TroubleOf(model, version);
  if (state == ModelPool::State::kLoading) {
    entry.state = VersionState::kLoading;
  } else if (!trouble.empty()) {
    entry.state = VersionState::kUnavailable;
    entry.reason = trouble;
  } else if (state != ModelPool::State::kReady) {
    entry.reason = "not loaded now; the first request loads it";
  }
  return entry;
}

}  // namespace

absl::StatusOr<InferenceModels::Version> InferenceModels::Find(const std::string& model,
                                                               const std::string& version) const {
  ASSIGN_OR_RETURN(const ModelSelector selector, ParseModelSelector(model, version));
  return backend_.predicts.LookUp(selector.model, selector.version, selector.alias);
}

absl::StatusOr<std::vector<v1::Model>> InferenceModels::ListModels() const {
  std::vector<v1::Model> models;
  v1::ListModelsRequest request;
  request.set_page_size(limits_.page_size_max);
  do {
    ASSIGN_OR_RETURN(v1::ListModelsResponse page, backend_.predicts.ListModels(request));
    std::move(page.mutable_models()->begin(), page.mutable_models()->end(),
              std::back_inserter(models));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return models;
}

absl::StatusOr<inference::ModelReadyResponse> InferenceModels::Ready(
    const inference::ModelReadyRequest& request) const {
  inference::ModelReadyResponse response;
  const absl::StatusOr<Version> version = Find(request.name(), request.version());
  if (absl::IsNotFound(version.status())) return response;
  RETURN_IF_ERROR(version.status());
  response.set_ready(
      backend_.predicts.TroubleOf((*version)->model(), (*version)->version()).empty());
  return response;
}

absl::StatusOr<inference::ModelMetadataResponse> InferenceModels::Describe(
    const inference::ModelMetadataRequest& request) const {
  ASSIGN_OR_RETURN(const Version version, Find(request.name(), request.version()));
  v1::GetModelRequest get;
  get.set_model(version->model());
  ASSIGN_OR_RETURN(const v1::Model model, backend_.catalog.Get(get));
  return DescribeModel(*version, VersionNumbers(model));
}

absl::StatusOr<inference::ModelConfigResponse> InferenceModels::Configure(
    const inference::ModelConfigRequest& request) const {
  ASSIGN_OR_RETURN(const Version version, Find(request.name(), request.version()));
  return DescribeConfig(*version, limits_, executor_count_, backend_.predicts.pool().device());
}

absl::StatusOr<inference::ModelStatisticsResponse> InferenceModels::Count(
    const inference::ModelStatisticsRequest& request) const {
  std::vector<VersionStatistics> counters;
  if (!request.version().empty()) {
    ASSIGN_OR_RETURN(const Version version, Find(request.name(), request.version()));
    counters.push_back(backend_.statistics.Of(version->model(), version->version()));
    return DescribeStatistics(counters);
  }
  std::vector<v1::Model> models;
  if (request.name().empty()) {
    ASSIGN_OR_RETURN(models, ListModels());
  } else {
    v1::GetModelRequest get;
    get.set_model(request.name());
    ASSIGN_OR_RETURN(models.emplace_back(), backend_.catalog.Get(get));
  }
  for (const v1::Model& model : models) {
    for (const int64_t version : VersionNumbers(model)) {
      counters.push_back(backend_.statistics.Of(model.name(), version));
    }
  }
  return DescribeStatistics(counters);
}

absl::StatusOr<inference::RepositoryIndexResponse> InferenceModels::Index(
    const inference::RepositoryIndexRequest& request) const {
  RETURN_IF_ERROR(CheckRepository(request.repository_name()));
  ASSIGN_OR_RETURN(const std::vector<v1::Model> models, ListModels());
  std::vector<RepositoryEntry> entries;
  for (const v1::Model& model : models) {
    for (const int64_t version : VersionNumbers(model)) {
      entries.push_back(ToEntry(backend_.predicts, model.name(), version));
    }
  }
  return IndexRepository(entries, request.ready());
}

void InferenceModels::Load(const inference::RepositoryModelLoadRequest& request,
                           std::function<void(const absl::Status&)> done) {
  const auto find = [&]() -> absl::StatusOr<Version> {
    RETURN_IF_ERROR(CheckRepository(request.repository_name()));
    ASSIGN_OR_RETURN(const std::string version, ParseLoadParameters(request.parameters()));
    ASSIGN_OR_RETURN(const ModelSelector selector,
                     ParseModelSelector(request.model_name(), version));
    // Unlike LookUp it begins to load a version that is to take over.
    return backend_.predicts.FindVersion(selector.model, selector.version, selector.alias);
  };
  const absl::StatusOr<Version> version = find();
  if (!version.ok()) return done(version.status());
  backend_.predicts.pool().Get(
      **version,
      [done = std::move(done)](const ModelPool::Loaded& loaded) { done(loaded.status()); });
}

absl::Status InferenceModels::Unload(const inference::RepositoryModelUnloadRequest& request) {
  RETURN_IF_ERROR(CheckRepository(request.repository_name()));
  ASSIGN_OR_RETURN(const std::string version, ParseLoadParameters(request.parameters()));
  ASSIGN_OR_RETURN(const Version found, Find(request.model_name(), version));
  std::vector<int64_t> numbers = {found->version()};
  if (version.empty()) {
    v1::GetModelRequest get;
    get.set_model(found->model());
    ASSIGN_OR_RETURN(const v1::Model model, backend_.catalog.Get(get));
    numbers = VersionNumbers(model);
  }
  for (const int64_t number : numbers) backend_.predicts.pool().Unload(found->model(), number);
  return absl::OkStatus();
}

}  // namespace traind
