#ifndef TRAIND_SERVER_TORCH_NN_NETWORK_H_
#define TRAIND_SERVER_TORCH_NN_NETWORK_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/torch/nn/layer.h"
#include "server/torch/nn/script_module.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The layers of a recipe with their weights on one device. Forward is thread-safe
// unless `training` is set.
class Network {
 public:
  // Builds the network with initial weights drawn from `seed`: those that PyTorch
  // gives the same layers after torch.manual_seed(seed), `type` being the default type.
  // INVALID_ARGUMENT names the layer: "network.layers[3] (conv2d): kernel 5 does not fit
  // the input [16, 3, 3]". Throws c10::Error.
  static absl::StatusOr<Network> Build(const v1::Network& description, int64_t seed,
                                       at::Device device, at::ScalarType type = at::kFloat);

  // A network that is a module. Its parameters and buffers have the module's own names.
  static Network OfModule(std::unique_ptr<ScriptModule> module, int64_t output_count);

  // [N, C, H, W], [N, C, L] or [N, F], normalised and of the network's type, to logits
  // [N, K]. May overwrite `input`.
  // Throws c10::Error.
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const;

  // What is trained, and what else is part of the state: running statistics, and the
  // weights of frozen layers. Named as the state dict of a PyTorch module whose `layers` is
  // a Sequential of the recipe's layers: `layers.0.weight`, `layers.2.running_mean`…; within
  // a residual `layers.3.layers.0.weight` and `layers.3.shortcut.0.weight`, within a concat
  // `layers.3.branches.1.0.weight`. They share their storage with the network.
  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  const std::vector<NamedTensor>& buffers() const { return buffers_; }

  int64_t class_count() const { return class_count_; }

  // The module that it is; null for one of layers.
  const ScriptModule* module() const { return module_; }

 private:
  Network() = default;

  std::unique_ptr<Layer> layers_;
  const ScriptModule* module_ = nullptr;  // layers_, where it is one
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> buffers_;
  int64_t class_count_ = 0;
};

// The tensors alone, as ATen's functions over lists take them.
std::vector<at::Tensor> Tensors(const std::vector<NamedTensor>& named);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_NETWORK_H_
