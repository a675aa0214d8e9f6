#ifndef TRAIND_SERVER_RECIPES_WINDOW_LAYERS_H_
#define TRAIND_SERVER_RECIPES_WINDOW_LAYERS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/recipes/layer_kind.h"

namespace traind {

// The arithmetic of layers that slide a window over an image or a sequence: convolutions
// and pooling. Formulas in recipe_summary.h. INVALID_ARGUMENT names the field.

absl::StatusOr<LayerCost> ApplyConv2d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyConv1d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyMaxPool2d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyMaxPool1d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyAvgPool2d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyAvgPool1d(const v1::Layer& layer, const FeatureMap& input);
absl::StatusOr<LayerCost> ApplyAdaptiveAvgPool2d(const v1::Layer& layer, const FeatureMap& input);
// Over all places, whatever their arrangement.
absl::StatusOr<LayerCost> ApplyGlobalPool(const v1::Layer& layer, const FeatureMap& input);

// "out_channels expected a whole number >= 1, got 0".
absl::Status ExpectAtLeastOne(absl::string_view field, int64_t value);

// A [channels, height, width], a [channels, length], or either.
absl::Status ExpectImage(const FeatureMap& input);
absl::Status ExpectSequence(const FeatureMap& input);
absl::Status ExpectPlaces(const FeatureMap& input);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_WINDOW_LAYERS_H_
