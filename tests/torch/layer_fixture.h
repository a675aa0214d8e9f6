#ifndef TRAIND_TESTS_TORCH_LAYER_FIXTURE_H_
#define TRAIND_TESTS_TORCH_LAYER_FIXTURE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/torch/nn/network.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What PyTorch computes for each kind of layer; see fixtures/make_layer_fixtures.py.
struct LayerFixture {
  struct Case {
    std::string name;
    v1::Network network;
  };

  std::vector<Case> cases;
  // What weights begin with, after `seed`.
  std::vector<Case> initial_cases;
  int64_t seed = 0;
  std::map<std::string, at::Tensor> tensors;  // `gelu/eval`, `gelu/gradient/input`…

  // Those whose names begin with `prefix`, by the rest of their names.
  std::map<std::string, at::Tensor> Below(const std::string& prefix) const;
};

LayerFixture ReadLayerFixture();

// Sets the network's parameters and buffers; expects the same names.
void SetNetwork(const std::map<std::string, at::Tensor>& tensors, const Network& network);

// The names alone.
std::set<std::string> NamesOf(const std::map<std::string, at::Tensor>& tensors);
std::set<std::string> NamesOf(const std::vector<NamedTensor>& tensors);

// max |expected - actual|; infinite for other sizes.
double LargestDifference(const at::Tensor& expected, const at::Tensor& actual);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_LAYER_FIXTURE_H_
