#include "client/trainctl/weights_export.h"

#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/onnx/onnx_model.h"
#include "client/trainctl/model_reference.h"

namespace traind {
namespace {

constexpr char kProduction[] = "production";

absl::StatusOr<v1::ModelVersion> FindVersion(const std::string& name, Client& client) {
  absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (!reference.ok()) return reference.status();
  const absl::StatusOr<v1::ListModelsResponse> models = ListAllModels(client);
  if (!models.ok()) return models.status();
  if (reference->version == 0 && reference->alias.empty()) {
    const absl::StatusOr<v1::ModelVersion> version =
        FindModelVersion(*models, {reference->model, 0, kProduction});
    if (version.ok()) return version;
  }
  return FindModelVersion(*models, *reference);
}

absl::StatusOr<WeightsSource> OfVersion(const std::string& name, Client& client) {
  const absl::StatusOr<v1::ModelVersion> version = FindVersion(name, client);
  if (!version.ok()) return version.status();
  WeightsSource source;
  source.name = absl::StrCat(version->model(), "@", version->version());
  source.request.mutable_version()->set_model(version->model());
  source.request.mutable_version()->set_version(version->version());
  source.recipe = version->recipe();
  source.class_names.assign(version->class_names().begin(), version->class_names().end());
  return source;
}

}  // namespace

absl::StatusOr<WeightsSource> FindWeights(const std::string& name, Session& session) {
  if (absl::StrContains(name, '@')) return OfVersion(name, session.client);
  const absl::StatusOr<v1::Run> run = session.client.GetRun(name);
  if (absl::IsNotFound(run.status())) {
    absl::StatusOr<WeightsSource> source = OfVersion(name, session.client);
    if (!absl::IsNotFound(source.status())) return source;
    return absl::NotFoundError(absl::StrCat("no run and no model ", name,
                                            "; `trainctl runs` and `trainctl models` list them"));
  }
  if (!run.ok()) return run.status();
  WeightsSource source;
  source.name = run->id();
  source.request.set_run_id(run->id());
  source.recipe = run->recipe();
  source.class_names.assign(run->class_names().begin(), run->class_names().end());
  return source;
}

absl::Status WriteWeights(const WeightsSource& source, Session& session, std::ostream& out) {
  v1::ReadWeightsRequest request = source.request;
  while (true) {
    if (session.environment.stop.stop_requested()) return absl::CancelledError("interrupted");
    const absl::StatusOr<v1::ReadWeightsResponse> piece = session.client.ReadWeights(request);
    if (!piece.ok()) return piece.status();
    out << piece->data();
    request.set_checkpoint(piece->checkpoint());
    request.set_offset(request.offset() + static_cast<int64_t>(piece->data().size()));
    if (request.offset() == piece->total_bytes()) return absl::OkStatus();
    if (piece->data().empty() || request.offset() > piece->total_bytes()) {
      return absl::DataLossError(absl::StrCat("weights of ", source.name, ": expected ",
                                              piece->total_bytes(), " bytes, got ",
                                              request.offset()));
    }
  }
}

absl::Status WriteOnnx(const WeightsSource& source, Session& session, std::ostream& out) {
  v1::SummarizeRecipeRequest request;
  *request.mutable_recipe() = source.recipe;
  absl::StatusOr<v1::RecipeSummary> summary = session.client.SummarizeRecipe(request);
  if (!summary.ok()) return summary.status();
  *summary->mutable_recipe() = source.recipe;
  std::ostringstream weights;
  const absl::Status read = WriteWeights(source, session, weights);
  if (!read.ok()) return read;
  const absl::StatusOr<std::string> file = WriteOnnxModel(
      {source.name, TRAIND_VERSION, *std::move(summary), source.class_names}, weights.str());
  if (!file.ok()) return file.status();
  out << *file;
  return absl::OkStatus();
}

}  // namespace traind
