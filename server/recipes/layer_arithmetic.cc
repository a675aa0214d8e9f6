#include "server/recipes/layer_arithmetic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

// What comes out of each way.
using Outputs = std::vector<const FeatureMap*>;

std::string ShapesText(const Outputs& outputs) {
  return absl::StrJoin(outputs, " and ", [](std::string* text, const FeatureMap* map) {
    absl::StrAppend(text, ShapeText(map->shape));
  });
}

// What values that are added or joined see: the most that one of them does.
void TakeWidestField(const Outputs& outputs, FeatureMap& joined) {
  for (const FeatureMap* output : outputs) {
    const bool sees_all = output->receptive_field == 0 || joined.receptive_field == 0;
    joined.receptive_field =
        sees_all ? 0 : std::max(joined.receptive_field, output->receptive_field);
    joined.jump = std::max(joined.jump, output->jump);
  }
}

absl::StatusOr<FeatureMap> AddMaps(const Outputs& outputs) {
  FeatureMap sum = *outputs[0];
  if (outputs[0]->shape != outputs[1]->shape) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected residual.layers and residual.shortcut to put out one shape, got ",
                     ShapesText(outputs)));
  }
  TakeWidestField(outputs, sum);
  return sum;
}

absl::StatusOr<FeatureMap> Join(const Outputs& outputs) {
  FeatureMap joined = *outputs[0];
  joined.shape[0] = 0;
  for (const FeatureMap* output : outputs) {
    const bool fits =
        output->shape.size() == joined.shape.size() &&
        std::equal(output->shape.begin() + 1, output->shape.end(), joined.shape.begin() + 1);
    if (!fits) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected concat.branches to differ in their first size only, got ",
                       ShapesText(outputs)));
    }
    joined.shape[0] = SaturatingAdd(joined.shape[0], output->shape[0]);
    // What is flattened from maps of several sizes has no places to tell apart.
    if (output->flattened_places != joined.flattened_places) joined.flattened_places = 0;
  }
  TakeWidestField(outputs, joined);
  return joined;
}

absl::Status Prefixed(const std::string& prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, status.message()));
}

absl::StatusOr<LayerResult> ApplyKind(const v1::Layer& layer, const FeatureMap& input) {
  const LayerKind* kind = FindLayerKind(layer.kind_case());
  if (kind == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected one of ", LayerKindNames(), ", got none"));
  }
  if (kind->apply == nullptr) {
    return absl::InvalidArgumentError("branches expected at least two, got 0");
  }
  ASSIGN_OR_RETURN(LayerCost cost, kind->apply(layer, input));
  LayerResult result;
  static_cast<LayerCost&>(result) = std::move(cost);
  return result;
}

void AddCosts(const std::vector<LayerResult>& within, LayerResult& result) {
  for (const LayerResult& each : within) {
    result.parameter_count = SaturatingAdd(result.parameter_count, each.parameter_count);
    result.frozen_parameter_count =
        SaturatingAdd(result.frozen_parameter_count, each.frozen_parameter_count);
    result.multiply_accumulate_count =
        SaturatingAdd(result.multiply_accumulate_count, each.multiply_accumulate_count);
  }
}

// What goes wrong in the layer itself begins with `place`, what goes wrong in a layer
// within it with `path` and the way to it.
absl::StatusOr<LayerResult> Apply(const v1::Layer& layer, const FeatureMap& input,
                                  const std::string& place, const std::string& path) {
  const std::vector<LayerWay> ways = WaysThrough(layer);
  absl::StatusOr<LayerResult> result = LayerResult();
  if (ways.empty()) {
    result = ApplyKind(layer, input);
  } else {
    for (const LayerWay& way : ways) {
      ASSIGN_OR_RETURN(result->ways.emplace_back(),
                       ApplyLayers(absl::StrCat(path, way.field), *way.layers, input));
      AddCosts(result->ways.back(), *result);
    }
    Outputs outputs;
    for (const std::vector<LayerResult>& within : result->ways) {
      outputs.push_back(within.empty() ? &input : &within.back().output);
    }
    absl::StatusOr<FeatureMap> output = layer.has_residual() ? AddMaps(outputs) : Join(outputs);
    if (!output.ok()) return Prefixed(place, output.status());
    result->output = *std::move(output);
  }
  if (!result.ok()) return Prefixed(place, result.status());
  const int64_t values_max = RecipeBounds().layer_values_max;
  if (result->output.value_count() > values_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(place, "output ", ShapeText(result->output.shape),
                     " of one row is too large; at most ", values_max, " values"));
  }
  if (layer.frozen()) result->frozen_parameter_count = result->parameter_count;
  return result;
}

}  // namespace

absl::StatusOr<LayerResult> ApplyLayer(const v1::Layer& layer, const FeatureMap& input) {
  return Apply(layer, input, "", "");
}

absl::StatusOr<std::vector<LayerResult>> ApplyLayers(const std::string& path,
                                                     const LayerList& layers,
                                                     const FeatureMap& input) {
  std::vector<LayerResult> results;
  for (int i = 0; i < layers.size(); ++i) {
    ASSIGN_OR_RETURN(LayerResult result,
                     Apply(layers[i], results.empty() ? input : results.back().output,
                           absl::StrCat(LayerPlace(path, i, layers[i]), ": "),
                           absl::StrCat(path, "[", i, "].")));
    results.push_back(std::move(result));
  }
  return results;
}

std::string LayerPlace(const std::string& path, int index, const v1::Layer& layer) {
  return absl::StrCat(path, "[", index, "] (", LayerKindName(layer), ")");
}

}  // namespace traind
