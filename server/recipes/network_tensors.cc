#include "server/recipes/network_tensors.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/layer_ways.h"

namespace traind {
namespace {

using Shape = std::vector<int64_t>;

// The names and shapes of one layer's own tensors.
using Tensors = std::vector<std::pair<const char*, Shape>>;

template <class Options>
bool HasBias(const Options& options) {
  return !options.has_bias() || options.bias();
}

Tensors WeightAndBias(Shape weight, bool has_bias, int64_t out) {
  Tensors tensors = {{"weight", std::move(weight)}};
  if (has_bias) tensors.push_back({"bias", {out}});
  return tensors;
}

Tensors OfBatchNorm(int64_t channels) {
  return {{"weight", {channels}},
          {"bias", {channels}},
          {"running_mean", {channels}},
          {"running_var", {channels}}};
}

Tensors TensorsOf(const v1::Layer& layer, const Shape& in) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D: {
      const v1::Conv2d& conv = layer.conv2d();
      const int64_t groups = conv.has_groups() ? conv.groups() : 1;
      const int64_t side = conv.kernel_size();
      return WeightAndBias({conv.out_channels(), in[0] / groups, side, side}, HasBias(conv),
                           conv.out_channels());
    }
    case v1::Layer::kConv1D: {
      const v1::Conv1d& conv = layer.conv1d();
      return WeightAndBias({conv.out_channels(), in[0], conv.kernel_size()}, HasBias(conv),
                           conv.out_channels());
    }
    case v1::Layer::kLinear: {
      const v1::Linear& linear = layer.linear();
      return WeightAndBias({linear.out_features(), in[0]}, HasBias(linear), linear.out_features());
    }
    case v1::Layer::kBatchNorm2D:
    case v1::Layer::kBatchNorm1D:
      return OfBatchNorm(in[0]);
    case v1::Layer::kLayerNorm:
      return {{"weight", in}, {"bias", in}};
    case v1::Layer::kGroupNorm:
      return {{"weight", {in[0]}}, {"bias", {in[0]}}};
    default:
      return {};
  }
}

// Adds those of layers that lie at `path` and whose tensors' names begin with `prefix`.
void AddTensors(const std::string& path, const std::string& prefix, const LayerList& layers,
                const FeatureMap& input, const std::vector<LayerResult>& results,
                std::vector<NetworkTensor>& tensors) {
  for (int i = 0; i < layers.size(); ++i) {
    const FeatureMap& in = i == 0 ? input : results[i - 1].output;
    const std::string module = absl::StrCat(prefix, i, ".");
    for (auto& [name, shape] : TensorsOf(layers[i], in.shape)) {
      tensors.push_back(
          {absl::StrCat(module, name), std::move(shape), LayerPlace(path, i, layers[i])});
    }
    const std::vector<LayerWay> ways = WaysThrough(layers[i]);
    for (size_t w = 0; w < ways.size(); ++w) {
      AddTensors(absl::StrCat(path, "[", i, "].", ways[w].field),
                 absl::StrCat(module, ways[w].module, "."), *ways[w].layers, in, results[i].ways[w],
                 tensors);
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<NetworkTensor>> ListNetworkTensors(const v1::Network& network) {
  ASSIGN_OR_RETURN(const FeatureMap input, InputMap(network));
  ASSIGN_OR_RETURN(const std::vector<LayerResult> results,
                   ApplyLayers("network.layers", network.layers(), input));
  std::vector<NetworkTensor> tensors;
  AddTensors("network.layers", "layers.", network.layers(), input, results, tensors);
  return tensors;
}

}  // namespace traind
