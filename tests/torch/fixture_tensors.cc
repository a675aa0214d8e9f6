#include "tests/torch/fixture_tensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "server/base/safetensors.h"
#include "tests/torch/fixture_file.h"

namespace traind {
namespace {

std::vector<NamedTensor> State(const Network& network) {
  std::vector<NamedTensor> state = network.parameters();
  state.insert(state.end(), network.buffers().begin(), network.buffers().end());
  return state;
}

}  // namespace

std::map<std::string, at::Tensor> ReadSmallNetFixture() {
  const std::string file = ReadFixture("small_net.safetensors");
  std::map<std::string, at::Tensor> tensors;
  const auto entries = ReadSafetensors(file);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const SafetensorsEntry& entry : *entries) {
    const at::Tensor tensor =
        at::empty(entry.shape, entry.data_type == "I64" ? at::kLong : at::kFloat);
    std::memcpy(tensor.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    tensors[entry.name] = tensor;
  }
  return tensors;
}

void SetState(const std::map<std::string, at::Tensor>& fixture, const std::string& prefix,
              const Network& network) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& named : State(network)) {
    named.tensor.copy_(fixture.at(prefix + "." + named.name));
  }
}

void ExpectState(const std::map<std::string, at::Tensor>& fixture, const std::string& prefix,
                 const Network& network, double tolerance) {
  for (const NamedTensor& named : State(network)) {
    const at::Tensor& expected = fixture.at(prefix + "." + named.name);
    ASSERT_EQ(named.tensor.sizes(), expected.sizes()) << named.name;
    EXPECT_LE((named.tensor.detach() - expected).abs().max().item<double>(), tolerance)
        << named.name;
  }
}

}  // namespace traind
