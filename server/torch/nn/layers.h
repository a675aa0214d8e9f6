#ifndef TRAIND_SERVER_TORCH_NN_LAYERS_H_
#define TRAIND_SERVER_TORCH_NN_LAYERS_H_

#include <vector>

#include "server/torch/nn/layer.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The kinds of layers; each mirrors the PyTorch module of the same name.

// Weight [out, in, k, k]; [N, in, H, W] to [N, out, H', W'].
class Conv2dLayer : public Layer {
 public:
  Conv2dLayer(const v1::Conv2d& options, at::Tensor weight, at::Tensor bias);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
  std::vector<NamedTensor> Parameters() const override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without bias
  int64_t stride_;
  int64_t padding_;
};

class ReluLayer : public Layer {
 public:
  // `in_place` is allowed where nothing needs the input in the backward pass.
  explicit ReluLayer(bool in_place) : in_place_(in_place) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  bool in_place_;
};

// Scale and shift [C], running mean and variance [C]. Counts no batches.
class BatchNorm2dLayer : public Layer {
 public:
  BatchNorm2dLayer(const v1::BatchNorm2d& options, int64_t channels, at::Device device);
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

class MaxPool2dLayer : public Layer {
 public:
  explicit MaxPool2dLayer(const v1::MaxPool2d& options);
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  int64_t kernel_size_;
  int64_t stride_;
};

class DropoutLayer : public Layer {
 public:
  explicit DropoutLayer(const v1::Dropout& options) : probability_(options.probability()) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  double probability_;
};

class AdaptiveAvgPool2dLayer : public Layer {
 public:
  explicit AdaptiveAvgPool2dLayer(const v1::AdaptiveAvgPool2d& options)
      : output_size_(options.output_size()) {}
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

 private:
  int64_t output_size_;
};

class FlattenLayer : public Layer {
 public:
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;
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
