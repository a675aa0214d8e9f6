#include "server/recipes/layer_validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

absl::Status CheckFields(const std::string& path, const LayerList& layers) {
  for (int i = 0; i < layers.size(); ++i) {
    const v1::Layer& layer = layers[i];
    const std::string here = absl::StrCat(path, "[", i, "].");
    const LayerKind* kind = FindLayerKind(layer.kind_case());
    if (kind != nullptr && kind->check != nullptr) {
      RETURN_IF_ERROR(kind->check(here + LayerKindName(layer), layer));
    }
    for (const LayerWay& way : WaysThrough(layer)) {
      RETURN_IF_ERROR(CheckFields(here + way.field, *way.layers));
    }
  }
  return absl::OkStatus();
}

// A frozen one does not look at the batch.
bool NormalisesOneValue(const v1::LayerSummary& layer) {
  if (!IsBatchNorm(layer.layer()) || layer.layer().frozen()) return false;
  for (int i = 1; i < layer.input_shape_size(); ++i) {
    if (layer.input_shape(i) != 1) return false;
  }
  return true;
}

// The place of the first one in a list at `path`, or in a layer within it; empty: none.
std::string FindNormOfOneValue(const std::string& path,
                               const google::protobuf::RepeatedPtrField<v1::LayerSummary>& layers) {
  for (int i = 0; i < layers.size(); ++i) {
    if (NormalisesOneValue(layers[i])) return LayerPlace(path, i, layers[i].layer());
    for (const v1::LayerWaySummary& way : layers[i].ways()) {
      std::string found =
          FindNormOfOneValue(absl::StrCat(path, "[", i, "].", way.field()), way.layers());
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace

absl::Status ValidateLayerFields(const v1::Network& network) {
  return CheckFields("network.layers", network.layers());
}

absl::Status ValidateNetworkSummary(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  const std::string norm = FindNormOfOneValue("network.layers", summary.layers());
  if (recipe.batch_size() == 1 && !norm.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        norm, ": expected more than one value per channel, got one place with batch_size 1; ",
        "use a larger batch"));
  }
  // A module's are known to those who have it.
  if (!recipe.network().has_module() &&
      summary.parameter_count() == summary.frozen_parameter_count()) {
    return FieldError("network.layers", "a layer with weights to train",
                      summary.parameter_count() == 0 ? "none" : "frozen ones only");
  }
  const int last = summary.layers_size() - 1;
  const v1::LayerSummary& layer = summary.layers(last);
  const bool classes = HasClassTargets(recipe.loss());
  if (layer.output_shape_size() == 1 && layer.output_shape(0) >= (classes ? 2 : 1)) {
    return absl::OkStatus();
  }
  return FieldError(recipe.network().has_module()
                        ? "network.module.out_features"
                        : LayerPlace("network.layers", last, layer.layer()),
                    classes ? "the last layer to put out [classes], at least 2 of them"
                            : "the last layer to put out [values]",
                    ShapeText(layer.output_shape()));
}

absl::Status ValidateLastBatch(const v1::Recipe& recipe, int64_t row_count) {
  if (row_count % recipe.batch_size() != 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  const std::string norm = FindNormOfOneValue("network.layers", summary.layers());
  if (norm.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("batch_size: expected one that does not leave a single row of ", row_count,
                   " for the last batch, as ", norm, " has one value per channel in it, got ",
                   recipe.batch_size(), "; use another batch_size"));
}

}  // namespace traind
