#include "server/torch/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/torch/nn/drop_mask.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/random_generator.h"
#include "tests/torch/fixture_tensors.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Network SmallNetwork() {
  const v1::Recipe recipe = SmallRecipe();
  return *Network::Build(recipe.network(), recipe.seed(), at::kCPU);
}

std::string BuildError(const v1::Network& description) {
  const auto network = Network::Build(description, 1, at::kCPU);
  EXPECT_EQ(network.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(network.status().message());
}

TEST(Network, StartsWithTheWeightsThatPyTorchStartsWith) {
  ExpectState(ReadSmallNetFixture(), "initial", SmallNetwork(), /*tolerance=*/0);
}

TEST(Network, GivesTheLogitsOfPyTorch) {
  const auto fixture = ReadSmallNetFixture();
  const at::Tensor logits = SmallNetwork().Forward(fixture.at("images").clone(), {});
  EXPECT_LE((logits - fixture.at("logits_eval")).abs().max().item<double>(), 1e-6);
}

TEST(Network, NamesItsTensorsAsAPyTorchStateDictDoes) {
  const Network network = SmallNetwork();
  std::vector<std::string> names;
  for (const NamedTensor& named : network.parameters()) names.push_back(named.name);
  for (const NamedTensor& named : network.buffers()) names.push_back(named.name);
  EXPECT_THAT(names,
              ElementsAre("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias",
                          "layers.4.weight", "layers.6.weight", "layers.6.bias", "layers.9.weight",
                          "layers.9.bias", "layers.2.running_mean", "layers.2.running_var",
                          "layers.6.running_mean", "layers.6.running_var"));
}

TEST(Network, DoesNotChangeItsInputWhenItStartsWithRelu) {
  v1::Network description;
  *description.mutable_input() = SmallRecipe().network().input();
  description.add_layers()->mutable_relu();
  description.add_layers()->mutable_flatten();
  const Network network = *Network::Build(description, 1, at::kCPU);
  const at::Tensor input = at::full({1, 1, 8, 8}, -1.0f);

  const at::Tensor output = network.Forward(input, {});

  EXPECT_EQ(output.abs().sum().item<float>(), 0);
  EXPECT_EQ(input.sum().item<float>(), -64);
}

TEST(Network, DropsOutOnlyInTraining) {
  v1::Network description;
  *description.mutable_input() = SmallRecipe().network().input();
  description.add_layers()->mutable_dropout()->set_probability(0.25);
  description.add_layers()->mutable_flatten();
  const Network network = *Network::Build(description, 1, at::kCPU);
  const at::Tensor ones = at::ones({100, 1, 8, 8});

  const at::Tensor evaluated = network.Forward(ones, {});
  const at::Tensor trained = network.Forward(ones, {true, MakeGenerator(at::kCPU, 1)});

  EXPECT_TRUE(at::equal(evaluated, ones.flatten(1)));
  // Of 6,400 values a quarter is zero (standard deviation 35), the rest is 4/3.
  EXPECT_NEAR(trained.eq(0).sum().item<double>(), 1600, 5 * 35);
  EXPECT_NEAR(trained.max().item<double>(), 4.0 / 3, 1e-6);
}

TEST(DropMask, KeepsTheMeanAndMarksValuesIndependently) {
  const at::Tensor mask = DropMask(at::ones({1001, 3}), 0.5, MakeGenerator(at::kCPU, 3));

  EXPECT_EQ(mask.sizes(), at::IntArrayRef({1001, 3}));
  // 3,003 values of 0 or 2: the mean is 1 with a standard deviation of 0.018.
  EXPECT_NEAR(mask.mean().item<double>(), 1, 5 * 0.018);
  const at::Tensor signs = mask - 1;
  for (int64_t lag : {1, 2, 3, 4, 8}) {
    const at::Tensor flat = signs.flatten();
    const int64_t count = flat.size(0) - lag;
    const at::Tensor product = flat.narrow(0, 0, count) * flat.narrow(0, lag, count);
    EXPECT_NEAR(product.mean().item<double>(), 0, 5 * 0.018) << "lag " << lag;
  }
}

TEST(DropMask, HasTheTypeOfWhatItIsFor) {
  const at::Tensor like = at::ones({5}, at::kBFloat16);
  EXPECT_EQ(DropMask(like, 0.1, MakeGenerator(at::kCPU, 3)).scalar_type(), at::kBFloat16);
}

TEST(Network, SaysWhichLayerDoesNotFit) {
  v1::Network description = SmallRecipe().network();
  description.mutable_layers(4)->mutable_conv2d()->set_kernel_size(5);
  EXPECT_THAT(BuildError(description),
              HasSubstr("network.layers[4] (conv2d): kernel 5 does not fit the input [4, 4, 4]"));
}

TEST(Network, RefusesALinearLayerOnAnImage) {
  v1::Network description = SmallRecipe().network();
  description.mutable_layers()->DeleteSubrange(8, 1);
  EXPECT_THAT(BuildError(description),
              HasSubstr("network.layers[8] (linear): expected a flat input "
                        "[features], got [6, 1, 1]"));
}

TEST(Network, RefusesAnImageLayerAfterFlatten) {
  v1::Network description = SmallRecipe().network();
  description.add_layers()->mutable_max_pool2d()->set_kernel_size(2);
  EXPECT_THAT(BuildError(description),
              HasSubstr("network.layers[10] (max_pool2d): expected an input "
                        "[channels, height, width], got [3]"));
}

TEST(Network, RefusesALayerWithoutAKind) {
  v1::Network description = SmallRecipe().network();
  description.add_layers();
  EXPECT_THAT(BuildError(description), HasSubstr("network.layers[10] (none)"));
}

TEST(Network, RefusesANetworkThatDoesNotEndInLogits) {
  v1::Network description = SmallRecipe().network();
  description.mutable_layers()->DeleteSubrange(8, 2);
  EXPECT_THAT(BuildError(description), HasSubstr("expected logits [K] at the end, got [6, 1, 1]"));
}

TEST(NetworkState, ComesBackFromItsFile) {
  const auto fixture = ReadSmallNetFixture();
  Network saved = SmallNetwork();
  SetState(fixture, "after3", saved);
  Network loaded = SmallNetwork();

  const absl::Status status = LoadState(*SaveState(saved), loaded);

  ASSERT_TRUE(status.ok()) << status;
  ExpectState(fixture, "after3", loaded, /*tolerance=*/0);
}

TEST(NetworkState, OfAnotherNetworkIsRefusedByTheTensorThatDiffers) {
  v1::Network description = SmallRecipe().network();
  description.mutable_layers(9)->mutable_linear()->set_out_features(4);
  Network other = *Network::Build(description, 1, at::kCPU);

  const absl::Status status = LoadState(*SaveState(SmallNetwork()), other);

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("tensor layers.9.weight: expected F32 [4, 6], got F32 [3, 6]"));
}

TEST(NetworkState, OfALargerOrSmallerNetworkIsRefused) {
  v1::Network description = SmallRecipe().network();
  description.mutable_layers(9)->mutable_linear()->set_bias(false);
  Network without_bias = *Network::Build(description, 1, at::kCPU);
  Network with_bias = SmallNetwork();

  EXPECT_THAT(std::string(LoadState(*SaveState(with_bias), without_bias).message()),
              HasSubstr("tensor layers.9.bias: expected none, got one"));
  EXPECT_THAT(std::string(LoadState(*SaveState(without_bias), with_bias).message()),
              HasSubstr("tensor layers.9.bias: expected F32 [3], got none"));
}

}  // namespace
}  // namespace traind
