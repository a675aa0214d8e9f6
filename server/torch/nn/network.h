#ifndef TRAIND_SERVER_TORCH_NN_NETWORK_H_
#define TRAIND_SERVER_TORCH_NN_NETWORK_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/torch/nn/layer.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The layers of a recipe with their weights on one device. Forward is thread-safe
// unless `training` is set.
class Network {
 public:
  // Builds the network with initial weights drawn from `seed`: those that PyTorch
  // gives the same layers after torch.manual_seed(seed). INVALID_ARGUMENT names
  // the layer: "network.layers[3] (conv2d): kernel 5 does not fit the input [16, 3, 3]".
  // With `type` float64 they are widened.
  // Throws c10::Error.
  static absl::StatusOr<Network> Build(const v1::Network& description, int64_t seed,
                                       at::Device device, at::ScalarType type = at::kFloat);

  // [N, C, H, W] normalised float32 to logits [N, K]. May overwrite `input`.
  // Throws c10::Error.
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const;

  // Named as the state dict of a PyTorch module whose `layers` is a Sequential of
  // the recipe's layers: `layers.0.weight`, `layers.2.running_mean`… They share
  // their storage with the network.
  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  const std::vector<NamedTensor>& buffers() const { return buffers_; }

  int64_t class_count() const { return class_count_; }

 private:
  Network() = default;

  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> buffers_;
  int64_t class_count_ = 0;
};

// The tensors alone, as ATen's functions over lists take them.
std::vector<at::Tensor> Tensors(const std::vector<NamedTensor>& named);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_NETWORK_H_
