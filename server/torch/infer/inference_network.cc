#include "server/torch/infer/inference_network.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/recipes/layer_kind.h"
#include "server/recipes/row_shape.h"
#include "server/torch/infer/packed_convolution.h"

namespace traind {
namespace {

// [C] as it goes together with rows of `dimensions`, their number included.
at::Tensor PerChannel(const google::protobuf::RepeatedField<double>& values, size_t dimensions) {
  std::vector<int64_t> sizes(dimensions, 1);
  sizes[1] = -1;
  return at::tensor(std::vector<double>(values.begin(), values.end()), at::kDouble).view(sizes);
}

bool IsRelu(const LayerList& layers, int index) {
  return index < layers.size() && layers[index].has_relu();
}

template <class Options>
double NormEpsilonOf(const Options& options) {
  return options.has_epsilon() ? options.epsilon() : 1e-5;
}

// The input of the first step, then what each gives to the next.
at::Tensor RunSteps(const std::vector<LayerFunction>& steps, const at::Tensor& input) {
  at::Tensor value = input;
  for (const LayerFunction& step : steps) value = step(value);
  return value;
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
  std::vector<int64_t> sizes = RowShape(layers.description.input());
  sizes.insert(sizes.begin(), 1);
  const v1::Normalization& normalization = layers.normalization;
  if (!normalization.mean().empty()) {
    mean_ = PerChannel(normalization.mean(), sizes.size()).to(device_, at::kFloat);
    inverse_deviation_ =
        (1 / PerChannel(normalization.standard_deviation(), sizes.size())).to(device_, at::kFloat);
  }
  at::Tensor probe = Prepare(at::zeros(sizes, at::device(device_)));
  steps_ = StepsOf({layers, layers.description.layers(), "layers"}, probe);
  class_count_ = probe.size(1);
}

at::Tensor InferenceNetwork::Forward(const at::Tensor& fractions) const {
  const c10::InferenceMode inference;
  return RunSteps(steps_, Prepare(fractions)).to(at::kFloat).contiguous();
}

at::Tensor InferenceNetwork::Prepare(const at::Tensor& fractions) const {
  at::Tensor value = fractions;
  if (mean_.defined()) value = (value - mean_).mul_(inverse_deviation_);
  const at::MemoryFormat format = value.dim() == 4 ? format_ : at::MemoryFormat::Contiguous;
  return value.to(value.options().dtype(type_), /*non_blocking=*/false, /*copy=*/false, format);
}

InferenceNetwork::Steps InferenceNetwork::StepsOf(const LayerRun& run, at::Tensor& probe) const {
  Steps steps;
  for (int i = 0; i < run.list.size(); ++i) {
    Step step = StepOf(run, i, probe);
    if (step == nullptr) continue;
    probe = step(probe);
    steps.push_back(std::move(step));
  }
  return steps;
}

InferenceNetwork::Step InferenceNetwork::StepOf(const LayerRun& run, int index,
                                                const at::Tensor& probe) const {
  const v1::Layer& layer = run.list[index];
  // That of a convolution is a part of it.
  if (layer.has_relu() && index > 0 && run.list[index - 1].has_conv2d()) return nullptr;
  if (Step step = LayerFunctionOf(layer)) return step;
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return ConvolutionOf(run, index, probe);
    case v1::Layer::kBatchNorm2D:
    case v1::Layer::kBatchNorm1D:
      return BatchNormOf(run, index);
    case v1::Layer::kResidual:
    case v1::Layer::kConcat:
      return WaysOf(run, index, probe);
    case v1::Layer::kDropout:
    case v1::Layer::KIND_NOT_SET:
      return nullptr;
    default:
      return WeightedOf(run, index, probe);
  }
}

InferenceNetwork::Step InferenceNetwork::ConvolutionOf(const LayerRun& run, int index,
                                                       const at::Tensor& probe) const {
  const v1::Conv2d& options = run.list[index].conv2d();
  const bool has_relu = IsRelu(run.list, index + 1);
  at::Tensor weight = Weight(run, index, "weight").contiguous(format_);
  at::Tensor bias = Weight(run, index, "bias");
  const int64_t groups = options.has_groups() ? options.groups() : 1;
  if (groups == 1) {
    if (auto packed = Pack(options, weight, bias, probe, has_relu); packed != nullptr) {
      return [packed = std::move(packed)](const at::Tensor& x) { return packed->Forward(x); };
    }
  }
  const int64_t stride = options.has_stride() ? options.stride() : 1;
  const int64_t padding = options.padding();
  return [=](const at::Tensor& x) {
    at::Tensor output =
        at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups);
    return has_relu ? at::relu_(output) : output;
  };
}

InferenceNetwork::Step InferenceNetwork::BatchNormOf(const LayerRun& run, int index) const {
  const v1::Layer& layer = run.list[index];
  const double epsilon = layer.has_batch_norm2d() ? NormEpsilonOf(layer.batch_norm2d())
                                                  : NormEpsilonOf(layer.batch_norm1d());
  // Statistics stay in float32: nothing gets smaller by having them in fewer digits.
  const auto statistic = [&](const char* name) {
    return run.layers.tensors.at(absl::StrCat(run.name, ".", index, ".", name))
        .to(device_, at::kFloat);
  };
  return [weight = statistic("weight"), bias = statistic("bias"), mean = statistic("running_mean"),
          variance = statistic("running_var"), epsilon](const at::Tensor& x) {
    return at::batch_norm(x, weight, bias, mean, variance, /*training=*/false, /*momentum=*/0,
                          epsilon, /*cudnn_enabled=*/true);
  };
}

InferenceNetwork::Step InferenceNetwork::WeightedOf(const LayerRun& run, int index,
                                                    const at::Tensor& probe) const {
  const v1::Layer& layer = run.list[index];
  const at::Tensor weight = Weight(run, index, "weight");
  const at::Tensor bias = Weight(run, index, "bias");
  switch (layer.kind_case()) {
    case v1::Layer::kLinear:
      return [=](const at::Tensor& x) { return at::linear(x, weight, bias); };
    case v1::Layer::kConv1D: {
      const v1::Conv1d& options = layer.conv1d();
      const int64_t stride = options.has_stride() ? options.stride() : 1;
      return [=, padding = int64_t{options.padding()}](const at::Tensor& x) {
        return at::conv1d(x, weight, bias, {stride}, {padding});
      };
    }
    case v1::Layer::kLayerNorm:
      return [=, row = probe.sizes().slice(1).vec(), epsilon = NormEpsilonOf(layer.layer_norm())](
                 const at::Tensor& x) { return at::layer_norm(x, row, weight, bias, epsilon); };
    case v1::Layer::kGroupNorm:
      return [=, groups = int64_t{layer.group_norm().group_count()},
              epsilon = NormEpsilonOf(layer.group_norm())](const at::Tensor& x) {
        return at::group_norm(x, groups, weight, bias, epsilon);
      };
    default:
      TORCH_CHECK(false, "expected a kind of layer that runs in inference, got ",
                  LayerKindName(layer));
  }
}

InferenceNetwork::Step InferenceNetwork::WaysOf(const LayerRun& run, int index,
                                                const at::Tensor& probe) const {
  const v1::Layer& layer = run.list[index];
  std::vector<Steps> ways;
  for (const LayerWay& way : WaysThrough(layer)) {
    at::Tensor within = probe;
    ways.push_back(StepsOf(
        {run.layers, *way.layers, absl::StrCat(run.name, ".", index, ".", way.module)}, within));
  }
  if (layer.has_residual()) {
    return [ways = std::move(ways)](const at::Tensor& x) {
      return at::add(RunSteps(ways[0], x), RunSteps(ways[1], x));
    };
  }
  return [ways = std::move(ways)](const at::Tensor& x) {
    std::vector<at::Tensor> outputs;
    for (const Steps& way : ways) outputs.push_back(RunSteps(way, x));
    return at::cat(outputs, /*dim=*/1);
  };
}

at::Tensor InferenceNetwork::Weight(const LayerRun& run, int index, const char* name) const {
  const auto found = run.layers.tensors.find(absl::StrCat(run.name, ".", index, ".", name));
  if (found == run.layers.tensors.end()) return at::Tensor();
  return found->second.to(device_, type_);
}

}  // namespace traind
