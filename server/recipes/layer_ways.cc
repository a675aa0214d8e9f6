#include "server/recipes/layer_ways.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace traind {

std::vector<LayerWay> WaysThrough(const v1::Layer& layer) {
  if (layer.has_residual()) {
    return {{"residual.layers", "layers", &layer.residual().layers()},
            {"residual.shortcut", "shortcut", &layer.residual().shortcut()}};
  }
  std::vector<LayerWay> ways;
  ways.reserve(static_cast<size_t>(layer.concat().branches_size()));
  for (int i = 0; i < layer.concat().branches_size(); ++i) {
    ways.push_back({absl::StrCat("concat.branches[", i, "].layers"), absl::StrCat("branches.", i),
                    &layer.concat().branches(i).layers()});
  }
  return ways;
}

LayerList& MutableWay(v1::Layer& layer, int way) {
  if (layer.has_concat()) return *layer.mutable_concat()->mutable_branches(way)->mutable_layers();
  v1::Residual& residual = *layer.mutable_residual();
  return way == 0 ? *residual.mutable_layers() : *residual.mutable_shortcut();
}

int LayerCount(const LayerList& layers) {
  int count = layers.size();
  for (const v1::Layer& layer : layers) {
    for (const LayerWay& way : WaysThrough(layer)) count += LayerCount(*way.layers);
  }
  return count;
}

int LayerDepth(const LayerList& layers) {
  int below = 0;
  for (const v1::Layer& layer : layers) {
    for (const LayerWay& way : WaysThrough(layer)) below = std::max(below, LayerDepth(*way.layers));
  }
  return layers.empty() ? below : below + 1;
}

}  // namespace traind
