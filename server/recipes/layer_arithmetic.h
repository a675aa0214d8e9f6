#ifndef TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_
#define TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/layer_kind.h"
#include "server/recipes/layer_ways.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What one layer makes of its input, and what it costs with the layers within it.
struct LayerResult : LayerCost {
  // Of the parameters, those that keep their initial values.
  int64_t frozen_parameter_count = 0;
  // Each layer of each of WaysThrough(layer).
  std::vector<std::vector<LayerResult>> ways;
};

// Applies a layer's arithmetic to what comes in; formulas in recipe_summary.h.
// Counts saturate. INVALID_ARGUMENT (without the layer's path) for a field out
// of range, an input of another rank, a window that does not fit, ways whose outputs do
// not go together, or an output past RecipeBounds::layer_values_max; what is wrong
// within a residual or concat begins with its place, `residual.layers[1] (conv2d): `.
absl::StatusOr<LayerResult> ApplyLayer(const v1::Layer& layer, const FeatureMap& input);

// The same for layers that lie at `path` and follow each other. INVALID_ARGUMENT begins
// with the layer's path: "network.layers[3].residual.layers[1] (conv2d): ".
absl::StatusOr<std::vector<LayerResult>> ApplyLayers(const std::string& path,
                                                     const LayerList& layers,
                                                     const FeatureMap& input);

// "network.layers[3] (conv2d)".
std::string LayerPlace(const std::string& path, int index, const v1::Layer& layer);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_
