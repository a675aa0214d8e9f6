#include "server/torch/nn/network.h"

#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/torch/nn/layer_builder.h"

namespace traind {
namespace {

// The name of the layer's kind as the recipe spells it: `conv2d`.
std::string KindName(const v1::Layer& layer) {
  const auto* kind = v1::Layer::descriptor()->oneof_decl(0);
  const auto* field = layer.GetReflection()->GetOneofFieldDescriptor(layer, kind);
  return field == nullptr ? "no kind" : field->name();
}

void AppendNamed(const std::vector<NamedTensor>& tensors, int layer,
                 std::vector<NamedTensor>& out) {
  for (const NamedTensor& named : tensors) {
    out.push_back({absl::StrCat("layers.", layer, ".", named.name), named.tensor});
  }
}

}  // namespace

absl::StatusOr<Network> Network::Build(const v1::Network& description, int64_t seed,
                                       at::Device device, at::ScalarType type) {
  Network network;
  LayerBuilder builder(description.input(), seed, device);
  for (int i = 0; i < description.layers_size(); ++i) {
    absl::StatusOr<std::unique_ptr<Layer>> layer = builder.Build(description.layers(i));
    if (!layer.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("network.layers[", i, "] (",
                                                     KindName(description.layers(i)),
                                                     "): ", layer.status().message()));
    }
    AppendNamed((*layer)->Parameters(), i, network.parameters_);
    AppendNamed((*layer)->Buffers(), i, network.buffers_);
    network.layers_.push_back(*std::move(layer));
  }
  if (builder.shape().size() != 1 || description.layers_size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.layers: expected logits [K] at the end, got [",
                     absl::StrJoin(builder.shape(), ", "), "]; end with flatten or linear"));
  }
  network.class_count_ = builder.shape()[0];
  if (type != at::kFloat) {
    for (const auto* named : {&network.parameters_, &network.buffers_}) {
      for (const NamedTensor& one : *named) one.tensor.set_data(one.tensor.to(type));
    }
  }
  return network;
}

at::Tensor Network::Forward(const at::Tensor& input, const ForwardContext& context) const {
  at::Tensor value = input;
  for (const std::unique_ptr<Layer>& layer : layers_) value = layer->Forward(value, context);
  return value;
}

std::vector<at::Tensor> Tensors(const std::vector<NamedTensor>& named) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(named.size());
  for (const NamedTensor& entry : named) tensors.push_back(entry.tensor);
  return tensors;
}

}  // namespace traind
