#include "tests/torch/trained_layers.h"

#include <map>
#include <string>

#include "server/torch/nn/network.h"

namespace traind {

InferenceLayers TrainedLayers(const v1::Network& description,
                              const v1::Normalization& normalization, double first_scale) {
  const Network network = *Network::Build(description, 3, at::kCPU);
  std::map<std::string, at::Tensor> tensors;
  for (const NamedTensor& named : network.parameters()) tensors[named.name] = named.tensor;
  at::manual_seed(5);
  for (const NamedTensor& named : network.buffers()) {
    tensors[named.name] = at::rand_like(named.tensor) + 0.1;
    const std::string layer = named.name.substr(0, named.name.rfind('.'));
    tensors[layer + ".weight"] = at::rand_like(named.tensor) + 0.3;
    tensors[layer + ".weight"][0] = first_scale;
    tensors[layer + ".bias"] = at::rand_like(named.tensor) - 0.5;
  }
  return LayersAsTrained(description, normalization, tensors);
}

}  // namespace traind
