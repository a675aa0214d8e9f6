#ifndef TRAIND_SERVER_TORCH_NN_LAYERS_H_
#define TRAIND_SERVER_TORCH_NN_LAYERS_H_

#include <utility>
#include <vector>

#include "server/torch/nn/layer.h"
#include "server/torch/nn/layer_function.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The kinds of layers; each mirrors the PyTorch module of the same name.

// Conv1d or Conv2d: weight [out, in / groups, k] or [out, in / groups, k, k]; [N, in, L]
// to [N, out, L'] or [N, in, H, W] to [N, out, H', W'].
class ConvolutionLayer : public Layer {
 public:
  // How the kernel moves, the same in each direction.
  struct Options {
    int64_t stride = 1;
    int64_t padding = 0;
    int64_t groups = 1;
  };

  ConvolutionLayer(const Options& options, at::Tensor weight, at::Tensor bias);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without bias
  Options options_;
};

// A ReLU that may overwrite its input, where nothing needs it in the backward pass.
class InPlaceReluLayer : public Layer {
 public:
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
};

// A layer without weights that computes the same in training and in evaluation.
class FunctionLayer : public Layer {
 public:
  explicit FunctionLayer(LayerFunction function) : function_(std::move(function)) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  LayerFunction function_;
};

// BatchNorm1d or BatchNorm2d: scale and shift [C], running mean and variance [C]; [N, C],
// [N, C, L] or [N, C, H, W]. Counts no batches.
class BatchNormLayer : public Layer {
 public:
  // `like` says the type and the device.
  BatchNormLayer(int64_t channels, double epsilon, double momentum, const at::TensorOptions& like);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;
  std::vector<NamedTensor> Buffers() const override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  at::Tensor running_mean_;
  at::Tensor running_var_;
  double epsilon_;
  double momentum_;
};

// Scale and shift of a row's whole shape.
class LayerNormLayer : public Layer {
 public:
  LayerNormLayer(std::vector<int64_t> shape, double epsilon, const at::TensorOptions& like);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;

 private:
  std::vector<int64_t> shape_;
  at::Tensor weight_;
  at::Tensor bias_;
  double epsilon_;
};

// Scale and shift [C]; [N, C, ...].
class GroupNormLayer : public Layer {
 public:
  GroupNormLayer(int64_t group_count, int64_t channels, double epsilon,
                 const at::TensorOptions& like);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;

 private:
  int64_t group_count_;
  at::Tensor weight_;
  at::Tensor bias_;
  double epsilon_;
};

class DropoutLayer : public Layer {
 public:
  explicit DropoutLayer(double probability) : probability_(probability) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  double probability_;
};

// Weight [out, in]; [N, in] to [N, out].
class LinearLayer : public Layer {
 public:
  LinearLayer(at::Tensor weight, at::Tensor bias);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without bias
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_LAYERS_H_
