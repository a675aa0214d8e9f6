#ifndef TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_
#define TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "server/recipes/layer_arithmetic.h"
#include "server/torch/nn/layer.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Makes the layers of a network in their order, drawing initial weights as PyTorch's
// modules do by default, or as their initializers say.
class LayerBuilder {
 public:
  // Initial weights are drawn on the CPU, so that they are the same for every
  // device, from `seed` as after torch.manual_seed(seed) with `type` as the default type.
  LayerBuilder(int64_t seed, at::Device device, at::ScalarType type);

  // Layers that follow each other, as one. `results` is what ApplyLayers has made of them
  // for `input`. With `frozen` none of them is trained. Throws c10::Error.
  std::unique_ptr<Layer> Build(const LayerList& layers, const FeatureMap& input,
                               const std::vector<LayerResult>& results, bool frozen = false);

 private:
  // Also for a layer that holds others. `may_overwrite`: nothing but it needs its input.
  std::unique_ptr<Layer> BuildOne(const v1::Layer& layer, const FeatureMap& input,
                                  const LayerResult& result, bool may_overwrite, bool frozen);
  // One that has weights or draws random numbers.
  std::unique_ptr<Layer> BuildKind(const v1::Layer& layer, const std::vector<int64_t>& shape);
  // A Conv1d or Conv2d over `dimensions` of places.
  template <class Options>
  std::unique_ptr<Layer> BuildConvolution(const Options& options, int64_t groups,
                                          int64_t in_channels, int dimensions);
  template <class Options>
  std::unique_ptr<Layer> BuildBatchNorm(const Options& options, int64_t channels) const;
  std::unique_ptr<Layer> BuildLinear(const v1::Linear& options, int64_t in_features);
  at::Tensor Draw(const v1::Initializer& initializer, at::IntArrayRef sizes, int64_t fan_in,
                  int64_t fan_out);

  const at::TensorOptions tensors_;  // type and device
  at::Generator generator_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_
