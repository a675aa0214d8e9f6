#ifndef TRAIND_SERVER_RECIPES_NETWORK_TENSORS_H_
#define TRAIND_SERVER_RECIPES_NETWORK_TENSORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A tensor of a network's state: a weight, or a batch norm's statistics.
struct NetworkTensor {
  std::string name;  // as a PyTorch module with `layers` names it: `layers.3.layers.0.weight`
  std::vector<int64_t> shape;
  std::string place;  // of its layer: `network.layers[3].residual.layers[0] (conv2d)`
};

// All tensors that a network has, layer by layer. INVALID_ARGUMENT as SummarizeRecipe.
absl::StatusOr<std::vector<NetworkTensor>> ListNetworkTensors(const v1::Network& network);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_NETWORK_TENSORS_H_
