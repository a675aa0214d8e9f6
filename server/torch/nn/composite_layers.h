#ifndef TRAIND_SERVER_TORCH_NN_COMPOSITE_LAYERS_H_
#define TRAIND_SERVER_TORCH_NN_COMPOSITE_LAYERS_H_

#include <memory>
#include <utility>
#include <vector>

#include "server/torch/nn/layer.h"

namespace traind {

// Layers that hold layers. Their tensors are named as those of PyTorch modules made of
// Sequentials. None overwrites its input unless its first layer does.

// One after another, as a Sequential: `0.weight`. Without layers: what goes in comes out.
class LayerSequence : public Layer {
 public:
  explicit LayerSequence(std::vector<std::unique_ptr<Layer>> layers) : layers_(std::move(layers)) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;
  std::vector<NamedTensor> Buffers() const override;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

// A way through a layer: the name of its module, such as `shortcut`, and its layers, which
// do not overwrite what comes in.
struct NamedWay {
  std::string module;
  std::unique_ptr<Layer> layers;
};

// Several ways that all take the input, and whose outputs are added (residual) or joined
// along the channels (concat). The output is a tensor of its own.
class ParallelLayer : public Layer {
 public:
  enum class Join { kAdd, kConcatenate };

  ParallelLayer(Join join, std::vector<NamedWay> ways) : join_(join), ways_(std::move(ways)) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;
  std::vector<NamedTensor> Buffers() const override;

 private:
  Join join_;
  std::vector<NamedWay> ways_;
};

// A layer that is not trained: its parameters are buffers, and it computes as in
// evaluation. Dropout, which has no parameters, is not to be put into it.
class FrozenLayer : public Layer {
 public:
  explicit FrozenLayer(std::unique_ptr<Layer> layer) : layer_(std::move(layer)) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Buffers() const override;

 private:
  std::unique_ptr<Layer> layer_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_COMPOSITE_LAYERS_H_
