#include "server/torch/nn/layers.h"

#include <tuple>
#include <utility>

#include "server/torch/nn/drop_mask.h"

namespace traind {
namespace {

std::vector<NamedTensor> WeightAndBias(const at::Tensor& weight, const at::Tensor& bias) {
  std::vector<NamedTensor> tensors = {{"weight", weight}};
  if (bias.defined()) tensors.push_back({"bias", bias});
  return tensors;
}

}  // namespace

Conv2dLayer::Conv2dLayer(const v1::Conv2d& options, at::Tensor weight, at::Tensor bias)
    : weight_(std::move(weight)),
      bias_(std::move(bias)),
      stride_(options.has_stride() ? options.stride() : 1),
      padding_(options.padding()) {}

at::Tensor Conv2dLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::conv2d(input, weight_, bias_, {stride_, stride_}, {padding_, padding_});
}

std::vector<NamedTensor> Conv2dLayer::Parameters() const { return WeightAndBias(weight_, bias_); }

at::Tensor ReluLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  if (!in_place_) return at::relu(input);
  at::Tensor output = input;
  return at::relu_(output);
}

BatchNorm2dLayer::BatchNorm2dLayer(const v1::BatchNorm2d& options, int64_t channels,
                                   at::Device device)
    : weight_(at::ones({channels}, device)),
      bias_(at::zeros({channels}, device)),
      running_mean_(at::zeros({channels}, device)),
      running_var_(at::ones({channels}, device)),
      epsilon_(options.has_epsilon() ? options.epsilon() : 1e-5),
      momentum_(options.has_momentum() ? options.momentum() : 0.1) {}

at::Tensor BatchNorm2dLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  const bool by_batch = context.training || context.batch_norm_share.has_value();
  return at::batch_norm(input, weight_, bias_, running_mean_, running_var_, by_batch,
                        context.batch_norm_share.value_or(momentum_), epsilon_,
                        /*cudnn_enabled=*/true);
}

std::vector<NamedTensor> BatchNorm2dLayer::Parameters() const {
  return WeightAndBias(weight_, bias_);
}

std::vector<NamedTensor> BatchNorm2dLayer::Buffers() const {
  return {{"running_mean", running_mean_}, {"running_var", running_var_}};
}

MaxPool2dLayer::MaxPool2dLayer(const v1::MaxPool2d& options)
    : kernel_size_(options.kernel_size()),
      stride_(options.has_stride() ? options.stride() : options.kernel_size()) {}

at::Tensor MaxPool2dLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::max_pool2d(input, {kernel_size_, kernel_size_}, {stride_, stride_});
}

at::Tensor DropoutLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  if (!context.training || probability_ == 0) return input;
  // at::dropout draws from the process's default generator; these from the run's own.
  if (input.is_cuda()) {
    return std::get<0>(at::_fused_dropout(input, 1 - probability_, context.dropout));
  }
  return input * DropMask(input, probability_, context.dropout);
}

at::Tensor AdaptiveAvgPool2dLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  // The same without re-striding, whose backward pass is kernels of its own.
  if (input.is_cuda() && output_size_ == 1) return input.mean({2, 3}, /*keepdim=*/true);
  return at::adaptive_avg_pool2d(input, {output_size_, output_size_});
}

at::Tensor FlattenLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::flatten(input, /*start_dim=*/1);
}

LinearLayer::LinearLayer(at::Tensor weight, at::Tensor bias)
    : weight_(std::move(weight)), bias_(std::move(bias)) {}

at::Tensor LinearLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::linear(input, weight_, bias_);
}

std::vector<NamedTensor> LinearLayer::Parameters() const { return WeightAndBias(weight_, bias_); }

}  // namespace traind
