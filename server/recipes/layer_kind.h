#ifndef TRAIND_SERVER_RECIPES_LAYER_KIND_H_
#define TRAIND_SERVER_RECIPES_LAYER_KIND_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/recipes/feature_map.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What one layer makes of its input, and what it costs. Counts saturate.
struct LayerCost {
  FeatureMap output;
  int64_t parameter_count = 0;
  int64_t multiply_accumulate_count = 0;
};

// All that this room knows of a kind of layer; one row of the table in layer_kind.cc.
struct LayerKind {
  v1::Layer::KindCase kind;
  // As PyTorch names the module; the recipe's own word where it has none.
  absl::string_view type;
  // Checks the fields that shapes do not depend on; `path` ends in the kind, such as
  // `network.layers[2].dropout`. Null: there are none.
  absl::Status (*check)(const std::string& path, const v1::Layer& layer);
  // INVALID_ARGUMENT (without the layer's path) for a field out of range, an input of
  // another rank or a window that does not fit. Null for kinds that hold other layers.
  absl::StatusOr<LayerCost> (*apply)(const v1::Layer& layer, const FeatureMap& input);
};

// The kind of a layer; null when unset.
const LayerKind* FindLayerKind(v1::Layer::KindCase kind);

// The layer's kind as the recipe spells it, such as `conv2d`; `none` when unset.
std::string LayerKindName(const v1::Layer& layer);

// All kinds as the recipe spells them: "conv2d, relu, …".
std::string LayerKindNames();

// Whether it normalises each channel over the rows of a batch.
bool IsBatchNorm(const v1::Layer& layer);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_KIND_H_
