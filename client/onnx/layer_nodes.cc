#include "client/onnx/layer_nodes.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

constexpr double kEpsilon = 1e-5;  // where the recipe names none

template <typename Options>
double EpsilonOf(const Options& options) {
  return options.has_epsilon() ? options.epsilon() : kEpsilon;
}

template <typename Options>
int64_t StrideOf(const Options& options, int64_t otherwise) {
  return options.has_stride() ? options.stride() : otherwise;
}

template <typename Options>
bool HasBias(const Options& options) {
  return !options.has_bias() || options.bias();
}

// `residual.shortcut` and `concat.branches[1].layers` as PyTorch's modules are named:
// `shortcut`, `branches.1`.
std::string ModuleOf(const v1::LayerWaySummary& way) {
  if (absl::StartsWith(way.field(), "residual.")) {
    return std::string(absl::StripPrefix(way.field(), "residual."));
  }
  absl::string_view index = absl::StripPrefix(way.field(), "concat.branches[");
  return absl::StrCat("branches.", index.substr(0, index.find(']')));
}

// [out, in] whose product with `in` values is the mean over each of `out` windows, as
// adaptive pooling cuts them: from floor(i * in / out) to ceil((i + 1) * in / out).
std::vector<float> WindowMeans(int64_t in, int64_t out) {
  std::vector<float> means(static_cast<size_t>(out * in));
  for (int64_t i = 0; i < out; ++i) {
    const int64_t begin = i * in / out;
    const int64_t end = ((i + 1) * in + out - 1) / out;
    for (int64_t j = begin; j < end; ++j) {
      means[static_cast<size_t>(i * in + j)] = 1.0f / static_cast<float>(end - begin);
    }
  }
  return means;
}

std::vector<float> Transposed(const std::vector<float>& matrix, int64_t rows, int64_t columns) {
  std::vector<float> transposed(matrix.size());
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      transposed[static_cast<size_t>(column * rows + row)] =
          matrix[static_cast<size_t>(row * columns + column)];
    }
  }
  return transposed;
}

}  // namespace

absl::StatusOr<std::string> LayerNodes::Add(const Layers& layers, const std::string& module,
                                            std::string input) {
  std::string output = AddSequence(layers, module, std::move(input));
  if (!error_.ok()) return error_;
  return output;
}

std::string LayerNodes::AddSequence(const Layers& layers, const std::string& module,
                                    std::string input) {
  for (int i = 0; i < layers.size() && error_.ok(); ++i) {
    const auto& shape = layers[i].input_shape();
    input = AddLayer({layers[i], absl::StrCat(module, ".", i), input,
                      std::vector<int64_t>(shape.begin(), shape.end())});
  }
  return input;
}

std::string LayerNodes::AddLayer(const Site& site) {
  const v1::Layer& layer = site.summary.layer();
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D: {
      const v1::Conv2d& conv = layer.conv2d();
      return AddConvolution(site, conv.out_channels(), conv.kernel_size(), StrideOf(conv, 1),
                            conv.padding(), conv.has_groups() ? conv.groups() : 1, HasBias(conv));
    }
    case v1::Layer::kConv1D: {
      const v1::Conv1d& conv = layer.conv1d();
      return AddConvolution(site, conv.out_channels(), conv.kernel_size(), StrideOf(conv, 1),
                            conv.padding(), 1, HasBias(conv));
    }
    case v1::Layer::kLinear:
      return AddLinear(site);
    case v1::Layer::kBatchNorm2D:
      return AddBatchNorm(site, EpsilonOf(layer.batch_norm2d()));
    case v1::Layer::kBatchNorm1D:
      return AddBatchNorm(site, EpsilonOf(layer.batch_norm1d()));
    case v1::Layer::kLayerNorm:
      return AddLayerNorm(site);
    case v1::Layer::kGroupNorm:
      return AddGroupNorm(site);
    case v1::Layer::kAdaptiveAvgPool2D:
      return AddAdaptivePool(site);
    case v1::Layer::kResidual:
      return graph_.Add("Add", site.place, AddWays(site));
    case v1::Layer::kConcat: {
      const std::string output = graph_.Add("Concat", site.place, AddWays(site));
      graph_.Int("axis", 1);
      return output;
    }
    default:
      return AddFunction(site);
  }
}

std::string LayerNodes::AddFunction(const Site& site) {
  const v1::Layer& layer = site.summary.layer();
  const auto simple = [&](const char* op_type) {
    return graph_.Add(op_type, site.place, {site.input});
  };
  const auto window = [&](const char* op_type, const auto& options) {
    return AddWindow(site, op_type, options.kernel_size(),
                     StrideOf(options, options.kernel_size()));
  };
  switch (layer.kind_case()) {
    case v1::Layer::kRelu:
      return simple("Relu");
    case v1::Layer::kSigmoid:
      return simple("Sigmoid");
    case v1::Layer::kTanh:
      return simple("Tanh");
    case v1::Layer::kSoftplus:
      return simple("Softplus");
    case v1::Layer::kGelu:
      return AddGelu(site);
    case v1::Layer::kSilu:
      return graph_.Add("Mul", site.place, {site.input, simple("Sigmoid")});
    case v1::Layer::kLeakyRelu: {
      const std::string output = simple("LeakyRelu");
      const v1::LeakyRelu& options = layer.leaky_relu();
      graph_.Float("alpha", options.has_negative_slope() ? options.negative_slope() : 0.01);
      return output;
    }
    case v1::Layer::kElu: {
      const std::string output = simple("Elu");
      graph_.Float("alpha", layer.elu().has_alpha() ? layer.elu().alpha() : 1);
      return output;
    }
    case v1::Layer::kFlatten: {
      const std::string output = simple("Flatten");
      graph_.Int("axis", 1);
      return output;
    }
    case v1::Layer::kDropout:
      return site.input;
    case v1::Layer::kMaxPool2D:
      return window("MaxPool", layer.max_pool2d());
    case v1::Layer::kMaxPool1D:
      return window("MaxPool", layer.max_pool1d());
    case v1::Layer::kAvgPool2D:
      return window("AveragePool", layer.avg_pool2d());
    case v1::Layer::kAvgPool1D:
      return window("AveragePool", layer.avg_pool1d());
    case v1::Layer::kGlobalAvgPool:
      return AddReduction(site, "ReduceMean");
    case v1::Layer::kGlobalMaxPool:
      return AddReduction(site, "ReduceMax");
    default:
      Fail(absl::UnimplementedError(
          absl::StrCat(site.place, ": no ONNX operators are known for a layer of type ",
                       site.summary.type(), "; export its weights with --format safetensors")));
      return "";
  }
}

std::string LayerNodes::AddConvolution(const Site& site, int64_t out_channels, int64_t kernel,
                                       int64_t stride, int64_t padding, int64_t groups, bool bias) {
  const size_t axes = site.input_shape.size() - 1;
  std::vector<int64_t> shape = {out_channels, site.input_shape[0] / groups};
  shape.insert(shape.end(), axes, kernel);
  std::vector<std::string> inputs = {site.input};
  inputs.push_back(Weight(site, "weight", shape));
  if (bias) {
    inputs.push_back(Weight(site, "bias", {out_channels}));
  }
  const std::string output = graph_.Add("Conv", site.place, inputs);
  graph_.List("kernel_shape", std::vector<int64_t>(axes, kernel))
      .List("strides", std::vector<int64_t>(axes, stride))
      .List("pads", std::vector<int64_t>(2 * axes, padding))
      .Int("group", groups);
  return output;
}

std::string LayerNodes::AddLinear(const Site& site) {
  const v1::Linear& linear = site.summary.layer().linear();
  std::vector<std::string> inputs = {site.input};
  inputs.push_back(Weight(site, "weight", {linear.out_features(), site.input_shape[0]}));
  if (HasBias(linear)) {
    inputs.push_back(Weight(site, "bias", {linear.out_features()}));
  }
  const std::string output = graph_.Add("Gemm", site.place, inputs);
  graph_.Int("transB", 1);
  return output;
}

std::string LayerNodes::AddBatchNorm(const Site& site, double epsilon) {
  std::vector<std::string> inputs = {site.input};
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
    inputs.push_back(Weight(site, name, {site.input_shape[0]}));
  }
  const std::string output = graph_.Add("BatchNormalization", site.place, inputs);
  graph_.Float("epsilon", epsilon);
  return output;
}

std::string LayerNodes::AddLayerNorm(const Site& site) {
  const std::string weight = Weight(site, "weight", site.input_shape);
  const std::string bias = Weight(site, "bias", site.input_shape);
  const std::string output =
      graph_.Add("LayerNormalization", site.place, {site.input, weight, bias});
  graph_.Int("axis", 1).Float("epsilon", EpsilonOf(site.summary.layer().layer_norm()));
  return output;
}

// Operator set 17 has no normalisation of groups: each group becomes a channel of its own,
// which is normalised, and gets its shape back.
std::string LayerNodes::AddGroupNorm(const Site& site) {
  const v1::GroupNorm& options = site.summary.layer().group_norm();
  const int64_t groups = options.group_count();
  const auto constant = [&](const char* name, const std::vector<int64_t>& values) {
    return graph_.Constant(absl::StrCat(site.place, ".", name), values);
  };
  const auto of_groups = [&](const char* name, float value) {
    return graph_.Constant(absl::StrCat(site.place, ".", name), {groups},
                           std::vector<float>(static_cast<size_t>(groups), value));
  };
  std::vector<int64_t> whole = {-1};
  whole.insert(whole.end(), site.input_shape.begin(), site.input_shape.end());
  std::vector<int64_t> beside(site.input_shape.size(), 1);
  beside[0] = site.input_shape[0];
  const std::string weight = Weight(site, "weight", {site.input_shape[0]}, beside);
  const std::string bias = Weight(site, "bias", {site.input_shape[0]}, beside);
  const std::string grouped =
      graph_.Add("Reshape", site.place, {site.input, constant("grouped", {0, groups, -1})});
  const std::string normal = graph_.Add("InstanceNormalization", site.place,
                                        {grouped, of_groups("ones", 1), of_groups("zeros", 0)});
  graph_.Float("epsilon", EpsilonOf(options));
  const std::string shaped = graph_.Add("Reshape", site.place, {normal, constant("whole", whole)});
  return graph_.Add("Add", site.place, {graph_.Add("Mul", site.place, {shaped, weight}), bias});
}

std::string LayerNodes::AddAdaptivePool(const Site& site) {
  const int64_t size = site.summary.layer().adaptive_avg_pool2d().output_size();
  const int64_t height = site.input_shape[1];
  const int64_t width = site.input_shape[2];
  const std::string rows =
      graph_.Constant(absl::StrCat(site.place, ".rows"), {size, height}, WindowMeans(height, size));
  const std::string columns = graph_.Constant(absl::StrCat(site.place, ".columns"), {width, size},
                                              Transposed(WindowMeans(width, size), size, width));
  // Windows are rectangles, so that their mean is that of columns of that of rows.
  return graph_.Add("MatMul", site.place,
                    {graph_.Add("MatMul", site.place, {rows, site.input}), columns});
}

// x / 2 * (1 + erf(x / √2)).
std::string LayerNodes::AddGelu(const Site& site) {
  const auto number = [&](const char* name, double value) {
    return graph_.Constant(absl::StrCat(site.place, ".", name), {}, {static_cast<float>(value)});
  };
  const std::string scaled =
      graph_.Add("Mul", site.place, {site.input, number("root_half", std::sqrt(0.5))});
  const std::string erf = graph_.Add("Erf", site.place, {scaled});
  const std::string sum = graph_.Add("Add", site.place, {erf, number("one", 1)});
  const std::string half = graph_.Add("Mul", site.place, {site.input, number("half", 0.5)});
  return graph_.Add("Mul", site.place, {half, sum});
}

std::string LayerNodes::AddWindow(const Site& site, const std::string& op_type, int64_t kernel,
                                  int64_t stride) {
  const size_t axes = site.input_shape.size() - 1;
  const std::string output = graph_.Add(op_type, site.place, {site.input});
  graph_.List("kernel_shape", std::vector<int64_t>(axes, kernel))
      .List("strides", std::vector<int64_t>(axes, stride));
  return output;
}

std::string LayerNodes::AddReduction(const Site& site, const std::string& op_type) {
  const std::string output = graph_.Add(op_type, site.place, {site.input});
  std::vector<int64_t> axes;
  for (size_t axis = 1; axis < site.input_shape.size(); ++axis) {
    axes.push_back(static_cast<int64_t>(axis) + 1);
  }
  graph_.List("axes", axes).Int("keepdims", 0);
  return output;
}

std::vector<std::string> LayerNodes::AddWays(const Site& site) {
  std::vector<std::string> outputs;
  for (const v1::LayerWaySummary& way : site.summary.ways()) {
    outputs.push_back(
        AddSequence(way.layers(), absl::StrCat(site.place, ".", ModuleOf(way)), site.input));
  }
  return outputs;
}

std::string LayerNodes::Weight(const Site& site, const std::string& name,
                               const std::vector<int64_t>& shape) {
  return Weight(site, name, shape, shape);
}

std::string LayerNodes::Weight(const Site& site, const std::string& name,
                               const std::vector<int64_t>& shape,
                               const std::vector<int64_t>& shape_in_graph) {
  const std::string full = absl::StrCat(site.place, ".", name);
  const absl::StatusOr<WeightTensor> tensor = weights_.Find(full, shape);
  if (!tensor.ok()) {
    Fail(tensor.status());
    return full;
  }
  return graph_.Constant(full, shape_in_graph, tensor->values);
}

void LayerNodes::Fail(absl::Status error) {
  if (error_.ok()) error_ = std::move(error);
}

}  // namespace traind
