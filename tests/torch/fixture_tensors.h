#ifndef TRAIND_TESTS_TORCH_FIXTURE_TENSORS_H_
#define TRAIND_TESTS_TORCH_FIXTURE_TENSORS_H_

#include <map>
#include <string>

#include "server/torch/nn/network.h"

namespace traind {

// Tensors that PyTorch computed, by name; see fixtures/make_fixtures.py.
std::map<std::string, at::Tensor> ReadSmallNetFixture();

// Sets the network's state from the fixture's entries `<prefix>.layers.0.weight` …
void SetState(const std::map<std::string, at::Tensor>& fixture, const std::string& prefix,
              const Network& network);

// Expects the network's state to equal the fixture's, within the tolerance.
void ExpectState(const std::map<std::string, at::Tensor>& fixture, const std::string& prefix,
                 const Network& network, double tolerance);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_FIXTURE_TENSORS_H_
