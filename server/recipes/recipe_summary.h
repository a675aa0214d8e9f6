#ifndef TRAIND_SERVER_RECIPES_RECIPE_SUMMARY_H_
#define TRAIND_SERVER_RECIPES_RECIPE_SUMMARY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Shapes, parameters, multiply-accumulates and receptive fields of every layer,
// by arithmetic alone. Output side of a convolution or pooling window:
// floor((in + 2*padding - kernel) / stride) + 1. Receptive field: r += (kernel - 1) * jump,
// jump *= stride (Araujo et al., "Computing Receptive Fields of CNNs", Distill 2019);
// adaptive pooling to size s acts as a window of ceil(in / s); flatten of a 1x1
// map and linear layers see what came in (0 once a linear layer has mixed all).
// Normalisation layers count scale and shift as parameters, not running statistics; layer
// and group normalisation see the whole row. What is added or joined sees what the widest
// of its ways sees.
// INVALID_ARGUMENT: "network.layers[3] (conv2d): kernel 5 does not fit the input
// [16, 3, 3] ...", with the place of a layer within another,
// "network.layers[3].residual.layers[0] (conv2d): "; a network with too many layers, or
// too deep; or a parameter count past Limits::parameters_max.
// A module is one layer of the type `Module`, whose parameters are those that the recipe
// tells.
absl::StatusOr<v1::RecipeSummary> SummarizeRecipe(const v1::Recipe& recipe);

// Classes that the network tells apart, or values that it gives: the last layer's outputs.
// Requires a valid recipe.
int64_t ClassCount(const v1::RecipeSummary& summary);

// Fills inputs, outputs, parameter_count and recipe of the version that a run of
// this recipe publishes: one input `x` FP32 [-1, C, H, W], [-1, C, L] or [-1, F]; outputs
// as AddOutputs says.
absl::StatusOr<v1::ModelVersion> DescribeModel(const v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_SUMMARY_H_
