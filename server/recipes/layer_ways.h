#ifndef TRAIND_SERVER_RECIPES_LAYER_WAYS_H_
#define TRAIND_SERVER_RECIPES_LAYER_WAYS_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "traind/v1/recipe.pb.h"

namespace traind {

using LayerList = google::protobuf::RepeatedPtrField<v1::Layer>;

// One way from the input of a layer that holds others to its output.
struct LayerWay {
  // Its field within the layer: `residual.shortcut`, `concat.branches[0].layers`.
  std::string field;
  // Its name among the layer's modules, which begins the names of its tensors, as
  // PyTorch names a Sequential: `shortcut`, `branches.0`.
  std::string module;
  // Belongs to the layer; empty: what goes in comes out.
  const LayerList* layers = nullptr;
};

// The ways through a residual (its layers, then its shortcut) or a concat (its branches);
// none through a layer of another kind.
std::vector<LayerWay> WaysThrough(const v1::Layer& layer);

// The layers on one of the ways through a residual or a concat, by its place among
// WaysThrough(layer).
LayerList& MutableWay(v1::Layer& layer, int way);

// Layers in all, with those within others; and how deep they lie: 1 where none does.
int LayerCount(const LayerList& layers);
int LayerDepth(const LayerList& layers);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_LAYER_WAYS_H_
