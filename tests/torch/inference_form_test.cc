#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "server/torch/infer/class_scores.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/inference_network.h"
#include "server/torch/nn/network.h"
#include "tests/torch/fixture_tensors.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

TEST(ClassScores, AreTheSoftmaxAndTheFirstOfTheLargest) {
  Prediction prediction;
  prediction.class_count = 3;
  AppendScores(std::vector<float>{1, 3, 2}, prediction);
  AppendScores(std::vector<float>{5, 5, -1000, 0, 0, 0}, prediction);
  EXPECT_EQ(prediction.classes, (std::vector<int64_t>{1, 0, 0}));
  EXPECT_EQ(prediction.logits, (std::vector<float>{1, 3, 2, 5, 5, -1000, 0, 0, 0}));
  // e^-2, 1 and e^-1 by their sum.
  const std::vector<double> expected = {0.09003057, 0.66524096, 0.24472847, 0.5,    0.5,
                                        0,          1.0 / 3,    1.0 / 3,    1.0 / 3};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(prediction.probabilities[i], expected[i], 1e-6);
  }
}

TEST(ClassScores, OfLargeLogitsAreFinite) {
  Prediction prediction;
  prediction.class_count = 2;
  AppendScores(std::vector<float>{3e38F, -3e38F}, prediction);
  EXPECT_EQ(prediction.probabilities, (std::vector<float>{1, 0}));
}

TEST(CheckRows, AreTheSameAtEveryCallAndReachBothEndsOfTheRange) {
  const v1::InputShape input = SmallRecipe().network().input();
  const at::Tensor rows = CheckRows(input);
  EXPECT_TRUE(rows.equal(CheckRows(input)));
  EXPECT_EQ(rows.sizes(), at::IntArrayRef({64, 1, 8, 8}));
  EXPECT_EQ(rows.min().item<float>(), 0);
  EXPECT_EQ(rows.max().item<float>(), 1);
}

TEST(RelativeError, IsOfTheLargestLogit) {
  const at::Tensor expected = at::tensor({1.0, -4.0, 2.0, 0.0}).view({2, 2});
  EXPECT_NEAR(RelativeError(expected, expected + 0.1), 0.1 / 4, 1e-12);
  EXPECT_EQ(RelativeError(expected, expected), 0);
}

TEST(RelativeError, OfWhatIsNotFiniteIsInfinite) {
  const at::Tensor expected = at::tensor({1.0, 2.0});
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_TRUE(std::isinf(RelativeError(expected, at::tensor({bad, 2.0}))));
    EXPECT_TRUE(std::isinf(RelativeError(at::tensor({bad, 2.0}), expected)));
  }
}

TEST(ClassChangeShare, CountsRowsWithAnotherLargestLogit) {
  const at::Tensor expected = at::tensor({1.0, 2.0, 3.0, 1.0, 0.0, 5.0, 7.0, 6.0}).view({4, 2});
  const at::Tensor actual = at::tensor({2.0, 1.0, 3.0, 2.9, 0.0, 4.0, 7.0, 6.0}).view({4, 2});
  EXPECT_DOUBLE_EQ(ClassChangeShare(expected, actual), 0.25);
}

// The small network with the weights that PyTorch trained, as layers.
InferenceLayers SmallLayers() {
  const auto fixture = ReadSmallNetFixture();
  std::map<std::string, at::Tensor> tensors;
  const std::string prefix = "after3.";
  for (const auto& [name, tensor] : fixture) {
    if (name.substr(0, prefix.size()) == prefix) tensors[name.substr(prefix.size())] = tensor;
  }
  return LayersAsTrained(SmallRecipe().network(), {}, tensors);
}

TEST(InferenceNetwork, GivesTheLogitsOfPyTorchFoldedOrNot) {
  const auto fixture = ReadSmallNetFixture();
  const at::Tensor images = fixture.at("images");
  for (const InferenceLayers& layers : {SmallLayers(), FoldLayers(SmallLayers())}) {
    const InferenceNetwork network(layers, at::kCPU, v1::PRECISION_FP32);
    EXPECT_LE(RelativeError(fixture.at("logits_after3"), network.Forward(images)), 1e-5);
  }
}

TEST(InferenceNetwork, DoesNotChangeItsInput) {
  v1::Network description;
  *description.mutable_input() = SmallRecipe().network().input();
  description.add_layers()->mutable_relu();
  description.add_layers()->mutable_flatten();
  v1::Normalization normalization;
  normalization.add_mean(0.5);
  normalization.add_standard_deviation(0.25);
  const InferenceNetwork network(LayersAsTrained(description, normalization, {}), at::kCPU,
                                 v1::PRECISION_FP32);
  const at::Tensor input = at::full({2, 1, 8, 8}, 0.25F);
  EXPECT_EQ(network.Forward(input).abs().max().item<float>(), 0);
  EXPECT_TRUE(input.equal(at::full({2, 1, 8, 8}, 0.25F)));
}

TEST(InferenceNetwork, InBfloat16IsCloseAndAnswersInFloat32) {
  const auto fixture = ReadSmallNetFixture();
  const InferenceNetwork network(FoldLayers(SmallLayers()), at::kCPU, v1::PRECISION_BF16);
  const at::Tensor logits = network.Forward(fixture.at("images"));
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
  const double error = RelativeError(fixture.at("logits_after3"), logits);
  // 8 bits of mantissa: a rounding is at most 2^-9 of a value.
  EXPECT_LE(error, 0.03);
  EXPECT_GT(error, 1e-5) << "this is not bfloat16";
}

}  // namespace
}  // namespace traind
