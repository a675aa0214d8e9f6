#include "server/run_publisher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_summary.h"
#include "server/runs/timestamps.h"

namespace traind {

RunPublisher::RunPublisher(ModelStore& models, std::string runs_directory, const Clock& clock,
                           OnPublished on_published)
    : models_(models),
      runs_directory_(std::move(runs_directory)),
      clock_(clock),
      on_published_(std::move(on_published)) {}

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
  *description.mutable_class_names() = run.class_names();
  description.set_eval_loss(best.eval_loss());
  if (best.eval_sample_count() > 0) {
    description.set_eval_accuracy(static_cast<double>(best.eval_correct_count()) /
                                  static_cast<double>(best.eval_sample_count()));
  }
  ASSIGN_OR_RETURN(
      v1::ModelVersion version,
      models_.Publish(std::move(description), absl::StrCat(runs_directory_, "/", run.id(),
                                                           "/checkpoints/", checkpoint.path())));
  if (on_published_) on_published_(version);
  return version;
}

}  // namespace traind
