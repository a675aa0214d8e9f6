#include "server/torch/nn/network.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/torch/nn/layer_builder.h"

namespace traind {
namespace {

std::vector<NamedTensor> Named(std::vector<NamedTensor> tensors) {
  for (NamedTensor& named : tensors) named.name = absl::StrCat("layers.", named.name);
  return tensors;
}

}  // namespace

absl::StatusOr<Network> Network::Build(const v1::Network& description, int64_t seed,
                                       at::Device device, at::ScalarType type) {
  ASSIGN_OR_RETURN(const FeatureMap input, InputMap(description));
  ASSIGN_OR_RETURN(const std::vector<LayerResult> results,
                   ApplyLayers("network.layers", description.layers(), input));
  const FeatureMap& output = results.empty() ? input : results.back().output;
  if (results.empty() || output.shape.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.layers: expected logits [K] at the end, got ",
                     ShapeText(output.shape), "; end with flatten or linear"));
  }
  Network network;
  LayerBuilder builder(seed, device, type);
  network.layers_ = builder.Build(description.layers(), input, results);
  network.parameters_ = Named(network.layers_->Parameters());
  network.buffers_ = Named(network.layers_->Buffers());
  network.class_count_ = output.shape[0];
  return network;
}

Network Network::OfModule(std::unique_ptr<ScriptModule> module, int64_t output_count) {
  Network network;
  network.parameters_ = module->Parameters();
  network.buffers_ = module->Buffers();
  network.class_count_ = output_count;
  network.module_ = module.get();
  network.layers_ = std::move(module);
  return network;
}

at::Tensor Network::Forward(const at::Tensor& input, const ForwardContext& context) const {
  return layers_->Forward(input, context);
}

std::vector<at::Tensor> Tensors(const std::vector<NamedTensor>& named) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(named.size());
  for (const NamedTensor& entry : named) tensors.push_back(entry.tensor);
  return tensors;
}

}  // namespace traind
