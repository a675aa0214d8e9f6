#ifndef TRAIND_SERVER_TORCH_NN_LAYER_H_
#define TRAIND_SERVER_TORCH_NN_LAYER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/torch/torch_headers.h"

namespace traind {

// A tensor and its name. Within a layer `weight`; within a network `layers.0.weight`.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// Sees what the layers of a network give. Used by the thread that runs the network.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;

  // `layer` is the index within network.layers. The next layer may overwrite `output`.
  virtual void OnOutput(int64_t layer, const at::Tensor& output) = 0;
};

// How a forward pass is meant.
struct ForwardContext {
  // Batch normalisation by the batch's own statistics, dropout on.
  bool training = false;
  // Where dropout draws from, on the device; needed in training only.
  at::Generator dropout;
  // Set: batch normalisation works by the batch's own statistics and takes in this share
  // of them in place of its momentum's; all else is as in evaluation.
  std::optional<double> batch_norm_share = std::nullopt;
  // Told of the output of each layer, but not of those within a layer. May be null.
  LayerObserver* observer = nullptr;
};

// One layer of a network. Forward is thread-safe unless `training` or `batch_norm_share`
// is set.
class Layer {
 public:
  virtual ~Layer() = default;

  // `input` is [N, ...] in floating point. May overwrite it.
  virtual at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const = 0;

  // What the optimizer updates, in PyTorch's order: weight, then bias.
  virtual std::vector<NamedTensor> Parameters() const { return {}; }

  // What is part of the state but not optimised: running statistics.
  virtual std::vector<NamedTensor> Buffers() const { return {}; }
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_LAYER_H_
