// Every kind of layer, in float64, against what PyTorch computes.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "server/torch/nn/network.h"
#include "server/torch/random_generator.h"
#include "tests/torch/layer_fixture.h"

namespace traind {
namespace {

// The same sums in another order.
constexpr double kTolerance = 1e-10;

class EveryLayer : public ::testing::Test {
 protected:
  Network NetworkOf(const LayerFixture::Case& c) const {
    Network network = *Network::Build(c.network, 1, at::kCPU, at::kDouble);
    SetNetwork(fixture_.Below(c.name + "/state/"), network);
    return network;
  }
  const at::Tensor& Expected(const LayerFixture::Case& c, const std::string& what) const {
    return fixture_.tensors.at(c.name + "/" + what);
  }

  const LayerFixture fixture_ = ReadLayerFixture();
};

TEST_F(EveryLayer, IsThere) {
  std::set<int> kinds;
  for (const LayerFixture::Case& c : fixture_.cases) {
    for (const v1::Layer& layer : c.network.layers()) kinds.insert(layer.kind_case());
  }
  kinds.insert(v1::Layer::kDropout);  // its random numbers are not PyTorch's
  EXPECT_EQ(static_cast<int>(kinds.size()), v1::Layer::descriptor()->oneof_decl(0)->field_count());
}

TEST_F(EveryLayer, GivesInEvaluationWhatPyTorchGives) {
  for (const LayerFixture::Case& c : fixture_.cases) {
    SCOPED_TRACE(c.name);
    const at::Tensor output = NetworkOf(c).Forward(Expected(c, "input").clone(), {});
    EXPECT_LE(LargestDifference(Expected(c, "eval"), output), kTolerance);
  }
}

TEST_F(EveryLayer, GivesInTrainingWhatPyTorchGives) {
  for (const LayerFixture::Case& c : fixture_.cases) {
    SCOPED_TRACE(c.name);
    const Network network = NetworkOf(c);
    const ForwardContext training = {true, MakeGenerator(at::kCPU, 1)};
    const at::Tensor output = network.Forward(Expected(c, "input").clone(), training);
    EXPECT_LE(LargestDifference(Expected(c, "train"), output), kTolerance);
    std::map<std::string, at::Tensor> buffers;
    for (const NamedTensor& named : network.buffers()) buffers[named.name] = named.tensor;
    for (const auto& [name, expected] : fixture_.Below(c.name + "/after/")) {
      EXPECT_LE(LargestDifference(expected, buffers.at(name)), kTolerance) << name;
    }
  }
}

TEST_F(EveryLayer, HasTheGradientsOfPyTorch) {
  for (const LayerFixture::Case& c : fixture_.cases) {
    SCOPED_TRACE(c.name);
    const Network network = NetworkOf(c);
    const ForwardContext training = {true, MakeGenerator(at::kCPU, 1)};
    const at::Tensor input = Expected(c, "input").clone().requires_grad_(true);
    std::vector<at::Tensor> leaves = {input};
    std::vector<std::string> names = {"input"};
    for (const NamedTensor& named : network.parameters()) {
      leaves.push_back(named.tensor.set_requires_grad(true));
      names.push_back(named.name);
    }
    const at::Tensor sum = (network.Forward(input, training) * Expected(c, "weights")).sum();
    const std::vector<at::Tensor> gradients = torch::autograd::grad({sum}, leaves);
    const std::map<std::string, at::Tensor> expected = fixture_.Below(c.name + "/gradient/");
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), NamesOf(expected));
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_LE(LargestDifference(expected.at(names[i]), gradients[i]), kTolerance) << names[i];
    }
  }
}

TEST_F(EveryLayer, BeginsWithTheWeightsOfPyTorch) {
  for (const LayerFixture::Case& c : fixture_.initial_cases) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(c.name + (type == at::kFloat ? " F32" : " F64"));
      const Network network = *Network::Build(c.network, fixture_.seed, at::kCPU, type);
      const std::map<std::string, at::Tensor> expected =
          fixture_.Below(c.name + (type == at::kFloat ? "/F32/" : "/F64/"));
      std::vector<NamedTensor> state = network.parameters();
      state.insert(state.end(), network.buffers().begin(), network.buffers().end());
      EXPECT_EQ(NamesOf(state), NamesOf(expected));
      for (const NamedTensor& named : state) {
        EXPECT_EQ(named.tensor.scalar_type(), type);
        // Bounds are computed in another order.
        EXPECT_LE(LargestDifference(expected.at(named.name), named.tensor),
                  type == at::kFloat ? 1e-6 : 1e-14)
            << named.name;
      }
    }
  }
}

v1::Network Described(const std::string& text) {
  v1::Network network;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &network));
  return network;
}

TEST(FrozenLayers, AreStateThatIsNotTrained) {
  const Network network = *Network::Build(
      Described("input { features: 3 } layers { linear { out_features: 2 } frozen: true } "
                "layers { batch_norm1d {} frozen: true } layers { linear { out_features: 2 } }"),
      1, at::kCPU);
  EXPECT_EQ(NamesOf(network.parameters()),
            (std::set<std::string>{"layers.2.weight", "layers.2.bias"}));
  EXPECT_EQ(
      NamesOf(network.buffers()),
      (std::set<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                             "layers.1.running_mean", "layers.1.running_var"}));
}

TEST(FrozenLayers, StillDropOut) {
  const Network network = *Network::Build(
      Described(
          "input { features: 1000 } layers { residual { layers { dropout { probability: 0.5 } "
          "} } frozen: true }"),
      1, at::kCPU);
  const at::Tensor output =
      network.Forward(at::ones({1, 1000}), {true, MakeGenerator(at::kCPU, 1)});
  EXPECT_GT(output.eq(1).sum().item<int64_t>(), 0);  // 1 + 0
  EXPECT_GT(output.eq(3).sum().item<int64_t>(), 0);  // 1 + 2
}

// What a ReLU in place would do to the other way.
TEST(ParallelLayers, LeaveWhatComesInToEachOther) {
  const Network network = *Network::Build(
      Described("input { features: 2 } layers { linear { out_features: 2 bias: false "
                "weight { values { value: [-1, 0, 0, -1] } } } } "
                "layers { concat { branches { layers { relu {} } } branches {} } }"),
      1, at::kCPU);
  const at::Tensor output = network.Forward(at::ones({1, 2}), {});
  EXPECT_TRUE(output.equal(at::tensor({0.0F, 0.0F, -1.0F, -1.0F}).view({1, 4})));
}

}  // namespace
}  // namespace traind
