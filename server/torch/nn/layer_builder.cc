#include "server/torch/nn/layer_builder.h"

#include <cmath>
#include <utility>

#include "server/torch/nn/composite_layers.h"
#include "server/torch/nn/initial_values.h"
#include "server/torch/nn/layer_function.h"
#include "server/torch/nn/layers.h"
#include "server/torch/random_generator.h"

namespace traind {
namespace {

// The backward passes of these layers do not read their own output, so a ReLU
// after them may overwrite it.
bool MayBeOverwritten(const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
    case v1::Layer::kConv1D:
    case v1::Layer::kLinear:
    case v1::Layer::kBatchNorm2D:
    case v1::Layer::kBatchNorm1D:
    case v1::Layer::kResidual:
    case v1::Layer::kConcat:
      return true;
    default:
      return false;
  }
}

template <class Options>
double EpsilonOf(const Options& options) {
  return options.has_epsilon() ? options.epsilon() : 1e-5;
}

}  // namespace

LayerBuilder::LayerBuilder(int64_t seed, at::Device device, at::ScalarType type)
    : tensors_(at::TensorOptions().device(device).dtype(type)),
      generator_(MakeGenerator(at::kCPU, static_cast<uint64_t>(seed))) {}

std::unique_ptr<Layer> LayerBuilder::Build(const LayerList& layers, const FeatureMap& input,
                                           const std::vector<LayerResult>& results, bool frozen) {
  std::vector<std::unique_ptr<Layer>> built;
  for (int i = 0; i < layers.size(); ++i) {
    built.push_back(BuildOne(layers[i], i == 0 ? input : results[i - 1].output, results[i],
                             i > 0 && MayBeOverwritten(layers[i - 1]),
                             frozen || layers[i].frozen()));
  }
  return std::make_unique<LayerSequence>(std::move(built));
}

std::unique_ptr<Layer> LayerBuilder::BuildOne(const v1::Layer& layer, const FeatureMap& input,
                                              const LayerResult& result, bool may_overwrite,
                                              bool frozen) {
  if (layer.has_relu() && may_overwrite) return std::make_unique<InPlaceReluLayer>();
  if (LayerFunction function = LayerFunctionOf(layer)) {
    return std::make_unique<FunctionLayer>(std::move(function));
  }
  const std::vector<LayerWay> ways = WaysThrough(layer);
  if (ways.empty()) {
    std::unique_ptr<Layer> built = BuildKind(layer, input.shape);
    if (!frozen || built->Parameters().empty()) return built;
    return std::make_unique<FrozenLayer>(std::move(built));
  }
  std::vector<NamedWay> built;
  for (size_t i = 0; i < ways.size(); ++i) {
    built.push_back({ways[i].module, Build(*ways[i].layers, input, result.ways[i], frozen)});
  }
  const auto join =
      layer.has_residual() ? ParallelLayer::Join::kAdd : ParallelLayer::Join::kConcatenate;
  return std::make_unique<ParallelLayer>(join, std::move(built));
}

std::unique_ptr<Layer> LayerBuilder::BuildKind(const v1::Layer& layer,
                                               const std::vector<int64_t>& shape) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D: {
      const v1::Conv2d& options = layer.conv2d();
      return BuildConvolution(options, options.has_groups() ? options.groups() : 1, shape[0], 2);
    }
    case v1::Layer::kConv1D:
      return BuildConvolution(layer.conv1d(), /*groups=*/1, shape[0], 1);
    case v1::Layer::kLinear:
      return BuildLinear(layer.linear(), shape[0]);
    case v1::Layer::kBatchNorm2D:
      return BuildBatchNorm(layer.batch_norm2d(), shape[0]);
    case v1::Layer::kBatchNorm1D:
      return BuildBatchNorm(layer.batch_norm1d(), shape[0]);
    case v1::Layer::kLayerNorm:
      return std::make_unique<LayerNormLayer>(shape, EpsilonOf(layer.layer_norm()), tensors_);
    case v1::Layer::kGroupNorm:
      return std::make_unique<GroupNormLayer>(layer.group_norm().group_count(), shape[0],
                                              EpsilonOf(layer.group_norm()), tensors_);
    case v1::Layer::kDropout:
      return std::make_unique<DropoutLayer>(layer.dropout().probability());
    default:
      TORCH_CHECK(false, "expected a kind of layer that can be built, got ", LayerKindName(layer));
  }
}

template <class Options>
std::unique_ptr<Layer> LayerBuilder::BuildConvolution(const Options& options, int64_t groups,
                                                      int64_t in_channels, int dimensions) {
  std::vector<int64_t> sizes = {options.out_channels(), in_channels / groups};
  int64_t places = 1;
  for (int i = 0; i < dimensions; ++i) {
    sizes.push_back(options.kernel_size());
    places *= options.kernel_size();
  }
  const int64_t fan_in = sizes[1] * places;
  const int64_t fan_out = sizes[0] * places;
  at::Tensor weight = Draw(options.weight(), sizes, fan_in, fan_out);
  at::Tensor bias;
  if (!options.has_bias() || options.bias()) {
    bias = Draw(options.bias_values(), {options.out_channels()}, fan_in, fan_out);
  }
  ConvolutionLayer::Options moves;
  if (options.has_stride()) moves.stride = options.stride();
  moves.padding = options.padding();
  moves.groups = groups;
  return std::make_unique<ConvolutionLayer>(moves, std::move(weight), std::move(bias));
}

template <class Options>
std::unique_ptr<Layer> LayerBuilder::BuildBatchNorm(const Options& options,
                                                    int64_t channels) const {
  return std::make_unique<BatchNormLayer>(
      channels, EpsilonOf(options), options.has_momentum() ? options.momentum() : 0.1, tensors_);
}

std::unique_ptr<Layer> LayerBuilder::BuildLinear(const v1::Linear& options, int64_t in_features) {
  const int64_t out_features = options.out_features();
  at::Tensor weight =
      Draw(options.weight(), {out_features, in_features}, in_features, out_features);
  at::Tensor bias;
  if (!options.has_bias() || options.bias()) {
    bias = Draw(options.bias_values(), {out_features}, in_features, out_features);
  }
  return std::make_unique<LinearLayer>(std::move(weight), std::move(bias));
}

at::Tensor LayerBuilder::Draw(const v1::Initializer& initializer, at::IntArrayRef sizes,
                              int64_t fan_in, int64_t fan_out) {
  return InitialValues(initializer, sizes, c10::typeMetaToScalarType(tensors_.dtype()),
                       {fan_in, fan_out}, generator_)
      .to(tensors_.device());
}

}  // namespace traind
