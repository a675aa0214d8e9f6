#include "server/torch/infer/inference_network.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/torch/infer/packed_convolution.h"

namespace traind {
namespace {

at::Tensor PerChannel(const google::protobuf::RepeatedField<double>& values) {
  return at::tensor(std::vector<double>(values.begin(), values.end()), at::kDouble)
      .view({1, -1, 1, 1});
}

bool IsRelu(const v1::Network& description, int index) {
  return index < description.layers_size() && description.layers(index).has_relu();
}

// The packed form of a convolution; null where the library or the processor has none.
std::shared_ptr<const PackedConvolution> Pack(const v1::Conv2d& options, const at::Tensor& weight,
                                              const at::Tensor& bias, const at::Tensor& probe,
                                              bool has_relu) {
  if (!probe.is_cpu() || !at::globalContext().hasMKLDNN()) return nullptr;
  try {
    auto packed =
        std::make_shared<PackedConvolution>(options, weight, bias, probe.sizes(), has_relu);
    packed->Forward(probe);
    return packed;
  } catch (const c10::Error&) {
    return nullptr;
  }
}

}  // namespace

InferenceNetwork::InferenceNetwork(const InferenceLayers& layers, at::Device device,
                                   v1::Precision precision)
    : device_(device),
      type_(precision == v1::PRECISION_BF16 ? at::kBFloat16 : at::kFloat),
      // What oneDNN and, in bfloat16, cuDNN compute in; elsewhere they would reorder.
      format_(device.is_cpu() || precision == v1::PRECISION_BF16 ? at::MemoryFormat::ChannelsLast
                                                                 : at::MemoryFormat::Contiguous) {
  const c10::InferenceMode inference;
  if (!layers.normalization.mean().empty()) {
    mean_ = PerChannel(layers.normalization.mean()).to(device_, at::kFloat);
    inverse_deviation_ =
        (1 / PerChannel(layers.normalization.standard_deviation())).to(device_, at::kFloat);
  }
  const v1::InputShape& input = layers.description.input();
  at::Tensor probe =
      Prepare(at::zeros({1, input.channels(), input.height(), input.width()}, at::device(device_)));
  for (int i = 0; i < layers.description.layers_size(); ++i) {
    const size_t before = steps_.size();
    AddStep(layers, i, probe);
    if (steps_.size() > before) probe = steps_.back()(probe);
  }
  class_count_ = probe.size(1);
}

at::Tensor InferenceNetwork::Forward(const at::Tensor& fractions) const {
  const c10::InferenceMode inference;
  at::Tensor value = Prepare(fractions);
  for (const Step& step : steps_) value = step(value);
  return value.to(at::kFloat).contiguous();
}

at::Tensor InferenceNetwork::Prepare(const at::Tensor& fractions) const {
  at::Tensor value = fractions;
  if (mean_.defined()) value = (value - mean_).mul_(inverse_deviation_);
  return value.to(value.options().dtype(type_), /*non_blocking=*/false, /*copy=*/false, format_);
}

void InferenceNetwork::AddStep(const InferenceLayers& layers, int index, const at::Tensor& probe) {
  const v1::Layer& layer = layers.description.layers(index);
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return AddConvolution(layers, index, probe);
    case v1::Layer::kRelu:
      // That of a convolution is a part of it.
      if (index > 0 && layers.description.layers(index - 1).has_conv2d()) return;
      steps_.push_back([](const at::Tensor& x) { return at::relu(x); });
      return;
    case v1::Layer::kBatchNorm2D:
      return AddBatchNorm(layers, index);
    case v1::Layer::kMaxPool2D: {
      const int64_t kernel = layer.max_pool2d().kernel_size();
      const int64_t stride = layer.max_pool2d().has_stride() ? layer.max_pool2d().stride() : kernel;
      steps_.push_back([kernel, stride](const at::Tensor& x) {
        return at::max_pool2d(x, {kernel, kernel}, {stride, stride});
      });
      return;
    }
    case v1::Layer::kAdaptiveAvgPool2D:
      steps_.push_back([size = layer.adaptive_avg_pool2d().output_size()](const at::Tensor& x) {
        return at::adaptive_avg_pool2d(x, {size, size});
      });
      return;
    case v1::Layer::kFlatten:
      steps_.push_back([](const at::Tensor& x) { return at::flatten(x, /*start_dim=*/1); });
      return;
    case v1::Layer::kLinear:
      steps_.push_back([weight = Weight(layers, index, "weight"),
                        bias = Weight(layers, index, "bias")](const at::Tensor& x) {
        return at::linear(x, weight, bias);
      });
      return;
    case v1::Layer::kDropout:
    case v1::Layer::KIND_NOT_SET:
      return;
  }
}

void InferenceNetwork::AddConvolution(const InferenceLayers& layers, int index,
                                      const at::Tensor& probe) {
  const v1::Conv2d& options = layers.description.layers(index).conv2d();
  const bool has_relu = IsRelu(layers.description, index + 1);
  at::Tensor weight = Weight(layers, index, "weight").contiguous(format_);
  at::Tensor bias = Weight(layers, index, "bias");
  if (auto packed = Pack(options, weight, bias, probe, has_relu); packed != nullptr) {
    steps_.push_back(
        [packed = std::move(packed)](const at::Tensor& x) { return packed->Forward(x); });
    return;
  }
  const int64_t stride = options.has_stride() ? options.stride() : 1;
  const int64_t padding = options.padding();
  steps_.push_back([=](const at::Tensor& x) {
    at::Tensor output = at::conv2d(x, weight, bias, {stride, stride}, {padding, padding});
    return has_relu ? at::relu_(output) : output;
  });
}

void InferenceNetwork::AddBatchNorm(const InferenceLayers& layers, int index) {
  const v1::BatchNorm2d& options = layers.description.layers(index).batch_norm2d();
  const double epsilon = options.has_epsilon() ? options.epsilon() : 1e-5;
  // Statistics stay in float32: nothing gets smaller by having them in fewer digits.
  const auto statistic = [&](const char* name) {
    return layers.tensors.at(absl::StrCat("layers.", index, ".", name)).to(device_, at::kFloat);
  };
  steps_.push_back([weight = statistic("weight"), bias = statistic("bias"),
                    mean = statistic("running_mean"), variance = statistic("running_var"),
                    epsilon](const at::Tensor& x) {
    return at::batch_norm(x, weight, bias, mean, variance, /*training=*/false, /*momentum=*/0,
                          epsilon, /*cudnn_enabled=*/true);
  });
}

at::Tensor InferenceNetwork::Weight(const InferenceLayers& layers, int index,
                                    const char* name) const {
  const auto found = layers.tensors.find(absl::StrCat("layers.", index, ".", name));
  if (found == layers.tensors.end()) return at::Tensor();
  return found->second.to(device_, type_);
}

}  // namespace traind
