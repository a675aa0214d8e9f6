#include "server/modules/module_recipe.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/modules/module_header.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/row_shape.h"

namespace traind {
namespace {

absl::Status CheckFits(const v1::Module& module, const v1::Network& network) {
  const std::string its = absl::StrCat("that of module ", module.name(), ", ");
  const std::vector<int64_t> row = RowShape(network.input());
  if (!std::equal(row.begin(), row.end(), module.input_shape().begin(),
                  module.input_shape().end())) {
    return FieldError("network.input", its + ShapeText(module.input_shape()), ShapeText(row));
  }
  if (network.module().out_features() != module.out_features()) {
    return FieldError("network.module.out_features", absl::StrCat(its, module.out_features()),
                      absl::StrCat(network.module().out_features()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveModule(const ModuleDirectory& modules, v1::Recipe& recipe) {
  if (!recipe.network().has_module()) return absl::OkStatus();
  RETURN_IF_ERROR(modules.CheckAllowed());
  v1::ModuleReference& reference = *recipe.mutable_network()->mutable_module();
  const absl::StatusOr<v1::Module> module = modules.Describe(reference.name());
  if (!module.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("network.module.name: ", module.status().message()));
  }
  if (!module->untrainable_reason().empty()) {
    return FieldError("network.module.name", "a module that can be trained",
                      absl::StrCat(module->name(), ": ", module->untrainable_reason()));
  }
  RETURN_IF_ERROR(CheckFits(*module, recipe.network()));
  if (!reference.sha256().empty() && reference.sha256() != module->sha256()) {
    return absl::FailedPreconditionError(
        absl::StrCat("network.module.sha256: expected ", module->sha256(), ", that of module ",
                     module->name(), ", got ", reference.sha256(),
                     "; push the module that the recipe means, or leave the "
                     "field out"));
  }
  reference.set_sha256(module->sha256());
  reference.set_parameter_count(module->parameter_count());
  return absl::OkStatus();
}

v1::Recipe RecipeOfModule(const v1::Module& module, const std::string& model,
                          v1::ModuleOutputs outputs) {
  v1::Recipe recipe;
  recipe.set_name(model);
  v1::Network& network = *recipe.mutable_network();
  *network.mutable_input() = ToInputShape(module.input_shape());
  network.mutable_module()->set_name(module.name());
  network.mutable_module()->set_out_features(module.out_features());
  network.mutable_module()->set_sha256(module.sha256());
  network.mutable_module()->set_parameter_count(module.parameter_count());
  if (outputs == v1::MODULE_OUTPUTS_VALUES) {
    recipe.mutable_loss()->mutable_mean_squared_error();
  } else if (outputs == v1::MODULE_OUTPUTS_LOG_ODDS) {
    recipe.mutable_loss()->mutable_binary_cross_entropy();
  } else {
    recipe.mutable_loss()->mutable_cross_entropy();
  }
  return recipe;
}

}  // namespace traind
