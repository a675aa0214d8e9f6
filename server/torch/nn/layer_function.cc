#include "server/torch/nn/layer_function.h"

#include <numeric>
#include <vector>

namespace traind {
namespace {

// A pooling's window and how far it steps: by itself unless told.
struct Window {
  int64_t size;
  int64_t stride;
};

template <class Options>
Window WindowOf(const Options& options) {
  return {options.kernel_size(), options.has_stride() ? options.stride() : options.kernel_size()};
}

LayerFunction AdaptiveAveragePool(int64_t size) {
  return [size](const at::Tensor& x) {
    // The same without re-striding, whose backward pass is kernels of its own.
    if (x.is_cuda() && size == 1) return x.mean({2, 3}, /*keepdim=*/true);
    return at::adaptive_avg_pool2d(x, {size, size});
  };
}

// All dimensions of [N, C, ...] but the first two.
std::vector<int64_t> Places(const at::Tensor& x) {
  std::vector<int64_t> places(static_cast<size_t>(x.dim() - 2));
  std::iota(places.begin(), places.end(), 2);
  return places;
}

LayerFunction PoolingOf(const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kMaxPool2D:
      return [w = WindowOf(layer.max_pool2d())](const at::Tensor& x) {
        return at::max_pool2d(x, {w.size, w.size}, {w.stride, w.stride});
      };
    case v1::Layer::kAvgPool2D:
      return [w = WindowOf(layer.avg_pool2d())](const at::Tensor& x) {
        return at::avg_pool2d(x, {w.size, w.size}, {w.stride, w.stride});
      };
    case v1::Layer::kMaxPool1D:
      return [w = WindowOf(layer.max_pool1d())](const at::Tensor& x) {
        return at::max_pool1d(x, {w.size}, {w.stride});
      };
    case v1::Layer::kAvgPool1D:
      return [w = WindowOf(layer.avg_pool1d())](const at::Tensor& x) {
        return at::avg_pool1d(x, {w.size}, {w.stride});
      };
    case v1::Layer::kAdaptiveAvgPool2D:
      return AdaptiveAveragePool(layer.adaptive_avg_pool2d().output_size());
    case v1::Layer::kGlobalAvgPool:
      return [](const at::Tensor& x) { return x.mean(Places(x)); };
    case v1::Layer::kGlobalMaxPool:
      return [](const at::Tensor& x) { return x.amax(Places(x)); };
    case v1::Layer::kFlatten:
      return [](const at::Tensor& x) { return at::flatten(x, /*start_dim=*/1); };
    default:
      return nullptr;
  }
}

}  // namespace

LayerFunction LayerFunctionOf(const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kRelu:
      return [](const at::Tensor& x) { return at::relu(x); };
    case v1::Layer::kSigmoid:
      return [](const at::Tensor& x) { return at::sigmoid(x); };
    case v1::Layer::kTanh:
      return [](const at::Tensor& x) { return at::tanh(x); };
    case v1::Layer::kGelu:
      return [](const at::Tensor& x) { return at::gelu(x); };
    case v1::Layer::kSilu:
      return [](const at::Tensor& x) { return at::silu(x); };
    case v1::Layer::kLeakyRelu: {
      const v1::LeakyRelu& options = layer.leaky_relu();
      const double slope = options.has_negative_slope() ? options.negative_slope() : 0.01;
      return [slope](const at::Tensor& x) { return at::leaky_relu(x, slope); };
    }
    case v1::Layer::kElu: {
      const double alpha = layer.elu().has_alpha() ? layer.elu().alpha() : 1;
      return [alpha](const at::Tensor& x) { return at::elu(x, alpha); };
    }
    case v1::Layer::kSoftplus:
      return [](const at::Tensor& x) { return at::softplus(x); };
    default:
      return PoolingOf(layer);
  }
}

}  // namespace traind
