#include "tests/torch/residual_reference.h"

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

using Layers = google::protobuf::RepeatedPtrField<v1::Layer>;

struct Reference {
  const TensorsByName& tensors;
  bool training;

  at::Tensor Find(const std::string& name) const {
    const auto found = tensors.find(name);
    return found == tensors.end() ? at::Tensor() : found->second;
  }

  at::Tensor Apply(const v1::Layer& layer, const std::string& name, const at::Tensor& x) const {
    const at::Tensor weight = Find(name + ".weight");
    const at::Tensor bias = Find(name + ".bias");
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D: {
        const v1::Conv2d& conv = layer.conv2d();
        const int64_t stride = conv.has_stride() ? conv.stride() : 1;
        return at::conv2d(x, weight, bias, {stride, stride}, {conv.padding(), conv.padding()});
      }
      case v1::Layer::kDropout:
        return x;
      case v1::Layer::kRelu:
        return at::relu(x);
      case v1::Layer::kBatchNorm2D:
        return at::batch_norm(x, weight, bias, Find(name + ".running_mean").clone(),
                              Find(name + ".running_var").clone(), training, 0.1, 1e-5, false);
      case v1::Layer::kMaxPool2D: {
        const int64_t size = layer.max_pool2d().kernel_size();
        return at::max_pool2d(x, {size, size}, {size, size});
      }
      case v1::Layer::kAdaptiveAvgPool2D:
        return x.mean({2, 3}, /*keepdim=*/true);
      case v1::Layer::kFlatten:
        return at::flatten(x, 1);
      case v1::Layer::kLinear:
        return at::linear(x, weight, bias);
      case v1::Layer::kResidual:
        return Apply(layer.residual().layers(), name + ".layers.", x) +
               Apply(layer.residual().shortcut(), name + ".shortcut.", x);
      default:
        TORCH_CHECK(false, "the reference has no such layer");
    }
  }

  at::Tensor Apply(const Layers& layers, const std::string& names, at::Tensor x) const {
    for (int i = 0; i < layers.size(); ++i) x = Apply(layers[i], absl::StrCat(names, i), x);
    return x;
  }
};

}  // namespace

at::Tensor ReferenceForward(const v1::Network& network, const TensorsByName& tensors,
                            const at::Tensor& images, bool training) {
  return Reference{tensors, training}.Apply(network.layers(), "layers.", images);
}

}  // namespace traind
