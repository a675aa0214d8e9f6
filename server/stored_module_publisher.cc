#include "server/stored_module_publisher.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/modules/module_recipe.h"
#include "server/recipes/recipe_summary.h"
#include "server/runs/timestamps.h"

namespace traind {

absl::StatusOr<v1::ModelVersion> StoredModulePublisher::Publish(
    const v1::PublishModuleRequest& request) {
  RETURN_IF_ERROR(modules_.CheckAllowed());
  if (!v1::ModuleOutputs_IsValid(request.outputs())) {
    return absl::InvalidArgumentError(
        absl::StrCat("outputs: expected classes, log odds or values, got ",
                     static_cast<int>(request.outputs())));
  }
  ASSIGN_OR_RETURN(const v1::Module module, modules_.Describe(request.module()));
  const std::string& model = request.model().empty() ? request.module() : request.model();
  ASSIGN_OR_RETURN(v1::ModelVersion description,
                   DescribeModel(RecipeOfModule(module, model, request.outputs())));
  description.set_model(model);
  *description.mutable_create_time() = ToTimestamp(clock_.Now());
  ASSIGN_OR_RETURN(v1::ModelVersion version,
                   models_.Publish(std::move(description), modules_.Folder(module.name())));
  if (on_published_) on_published_(version);
  return version;
}

}  // namespace traind
