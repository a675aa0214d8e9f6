#include "server/run_publisher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_summary.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

// The names of the classes that a run has learned, as its dataset has them; none when that
// is not the one any more that the run was trained on.
google::protobuf::RepeatedPtrField<std::string> ClassNames(const DatasetDirectory& datasets,
                                                           const v1::Data& data) {
  const absl::StatusOr<v1::Dataset> dataset = datasets.Describe(data.dataset());
  if (!dataset.ok() || dataset->sha256() != data.dataset_sha256()) return {};
  return dataset->class_names();
}

}  // namespace

RunPublisher::RunPublisher(ModelStore& models, std::string runs_directory, const Clock& clock,
                           OnPublished on_published, const DatasetDirectory* datasets)
    : models_(models),
      runs_directory_(std::move(runs_directory)),
      clock_(clock),
      on_published_(std::move(on_published)),
      datasets_(datasets) {}

std::optional<v1::ModelVersion> RunPublisher::Served(const std::string& model) const {
  const absl::StatusOr<ModelRoute> route = models_.FindRoute(model);
  if (!route.ok()) return std::nullopt;
  absl::StatusOr<v1::ModelVersion> version = models_.Get(model, route->version);
  if (!version.ok()) return std::nullopt;
  return *std::move(version);
}

absl::StatusOr<v1::ModelVersion> RunPublisher::Publish(const v1::Run& run,
                                                       const v1::CheckpointWritten& checkpoint) {
  ASSIGN_OR_RETURN(v1::ModelVersion description, DescribeModel(run.recipe()));
  const v1::EpochFinished& best = run.best_epoch();
  description.set_model(run.recipe().name());
  description.set_run_id(run.id());
  description.set_epoch(checkpoint.epoch());
  *description.mutable_create_time() = ToTimestamp(clock_.Now());
  description.set_eval_loss(best.eval_loss());
  if (best.eval_sample_count() > 0) {
    description.set_eval_accuracy(static_cast<double>(best.eval_correct_count()) /
                                  static_cast<double>(best.eval_sample_count()));
  }
  if (datasets_ != nullptr) {
    *description.mutable_class_names() = ClassNames(*datasets_, run.recipe().data());
  }
  ASSIGN_OR_RETURN(
      v1::ModelVersion version,
      models_.Publish(std::move(description), absl::StrCat(runs_directory_, "/", run.id(),
                                                           "/checkpoints/", checkpoint.path())));
  if (on_published_) on_published_(version);
  return version;
}

}  // namespace traind
