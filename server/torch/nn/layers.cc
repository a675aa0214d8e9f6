#include "server/torch/nn/layers.h"

#include <tuple>

#include "server/torch/nn/drop_mask.h"

namespace traind {
namespace {

std::vector<NamedTensor> WeightAndBias(const at::Tensor& weight, const at::Tensor& bias) {
  std::vector<NamedTensor> tensors = {{"weight", weight}};
  if (bias.defined()) tensors.push_back({"bias", bias});
  return tensors;
}

}  // namespace

ConvolutionLayer::ConvolutionLayer(const Options& options, at::Tensor weight, at::Tensor bias)
    : weight_(std::move(weight)), bias_(std::move(bias)), options_(options) {}

at::Tensor ConvolutionLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  const auto [stride, padding, groups] = options_;
  if (weight_.dim() == 3) {
    return at::conv1d(input, weight_, bias_, {stride}, {padding}, {1}, groups);
  }
  return at::conv2d(input, weight_, bias_, {stride, stride}, {padding, padding}, {1, 1}, groups);
}

std::vector<NamedTensor> ConvolutionLayer::Parameters() const {
  return WeightAndBias(weight_, bias_);
}

at::Tensor InPlaceReluLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  at::Tensor output = input;
  return at::relu_(output);
}

at::Tensor FunctionLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return function_(input);
}

BatchNormLayer::BatchNormLayer(int64_t channels, double epsilon, double momentum,
                               const at::TensorOptions& like)
    : weight_(at::ones({channels}, like)),
      bias_(at::zeros({channels}, like)),
      running_mean_(at::zeros({channels}, like)),
      running_var_(at::ones({channels}, like)),
      epsilon_(epsilon),
      momentum_(momentum) {}

at::Tensor BatchNormLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  const bool by_batch = context.training || context.batch_norm_share.has_value();
  return at::batch_norm(input, weight_, bias_, running_mean_, running_var_, by_batch,
                        context.batch_norm_share.value_or(momentum_), epsilon_,
                        /*cudnn_enabled=*/true);
}

std::vector<NamedTensor> BatchNormLayer::Parameters() const {
  return WeightAndBias(weight_, bias_);
}

std::vector<NamedTensor> BatchNormLayer::Buffers() const {
  return {{"running_mean", running_mean_}, {"running_var", running_var_}};
}

LayerNormLayer::LayerNormLayer(std::vector<int64_t> shape, double epsilon,
                               const at::TensorOptions& like)
    : shape_(std::move(shape)),
      weight_(at::ones(shape_, like)),
      bias_(at::zeros(shape_, like)),
      epsilon_(epsilon) {}

at::Tensor LayerNormLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::layer_norm(input, shape_, weight_, bias_, epsilon_);
}

std::vector<NamedTensor> LayerNormLayer::Parameters() const {
  return WeightAndBias(weight_, bias_);
}

GroupNormLayer::GroupNormLayer(int64_t group_count, int64_t channels, double epsilon,
                               const at::TensorOptions& like)
    : group_count_(group_count),
      weight_(at::ones({channels}, like)),
      bias_(at::zeros({channels}, like)),
      epsilon_(epsilon) {}

at::Tensor GroupNormLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::group_norm(input, group_count_, weight_, bias_, epsilon_);
}

std::vector<NamedTensor> GroupNormLayer::Parameters() const {
  return WeightAndBias(weight_, bias_);
}

at::Tensor DropoutLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  if (!context.training || probability_ == 0) return input;
  // at::dropout draws from the process's default generator; these from the run's own.
  if (input.is_cuda()) {
    return std::get<0>(at::_fused_dropout(input, 1 - probability_, context.dropout));
  }
  return input * DropMask(input, probability_, context.dropout);
}

LinearLayer::LinearLayer(at::Tensor weight, at::Tensor bias)
    : weight_(std::move(weight)), bias_(std::move(bias)) {}

at::Tensor LinearLayer::Forward(const at::Tensor& input, const ForwardContext&) const {
  return at::linear(input, weight_, bias_);
}

std::vector<NamedTensor> LinearLayer::Parameters() const { return WeightAndBias(weight_, bias_); }

}  // namespace traind
