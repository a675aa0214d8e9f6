#ifndef TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_
#define TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What flows between two layers, for one row.
struct FeatureMap {
  // [C, H, W], or [F] once flattened.
  std::vector<int64_t> shape;
  // Side of the square of input pixels that one value sees; 0 for all of them.
  int64_t receptive_field = 1;
  // Distance in input pixels between the centres of two neighbours.
  int64_t jump = 1;
  // Places of the map that `shape` was flattened from; 1 for a [C, H, W] map.
  int64_t flattened_places = 1;
};

// What one layer makes of its input, and what it costs.
struct LayerResult {
  FeatureMap output;
  int64_t parameter_count = 0;
  int64_t multiply_accumulate_count = 0;
};

// Applies a layer's arithmetic to what comes in; formulas in recipe_summary.h.
// Counts saturate. INVALID_ARGUMENT (without the layer's path) for a field out
// of range, an input of another rank, a window that does not fit, or an output
// past RecipeBounds::layer_values_max.
absl::StatusOr<LayerResult> ApplyLayer(const v1::Layer& layer, const FeatureMap& input);

// The layer's kind as the recipe spells it, such as `conv2d`; `none` when unset.
std::string LayerKindName(const v1::Layer& layer);

// The layer's type as PyTorch names it, such as `Conv2d`; empty when unset.
absl::string_view LayerTypeName(const v1::Layer& layer);

// "[16, 3, 3]".
std::string ShapeText(absl::Span<const int64_t> shape);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_ARITHMETIC_H_
