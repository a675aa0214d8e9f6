#include <gtest/gtest.h>

#include "server/torch/train/autograd_step.h"
#include "server/torch/train/evaluator.h"
#include "server/torch/train/sgd.h"
#include "server/torch/train/weight_average.h"
#include "tests/torch/fixture_tensors.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

class Step : public ::testing::Test {
 protected:
  Step()
      : network_(*Network::Build(recipe_.network(), recipe_.seed(), at::kCPU)),
        batch_{fixture_.at("images"), fixture_.at("labels")} {}

  const v1::Recipe recipe_ = SmallRecipe();
  const std::map<std::string, at::Tensor> fixture_ = ReadSmallNetFixture();
  Network network_;
  const Batch batch_;
};

TEST_F(Step, UpdatesWeightsAndStatisticsAsPyTorchDoes) {
  AutogradStep step(recipe_, v1::PRECISION_FP32, at::kCPU, network_);
  const at::Tensor losses = fixture_.at("losses");

  EXPECT_NEAR(step.Run(batch_, 0.1).loss.item<float>(), losses[0].item<float>(), 1e-6);
  ExpectState(fixture_, "after1", network_, 1e-6);

  EXPECT_NEAR(step.Run(batch_, 0.05).loss.item<float>(), losses[1].item<float>(), 1e-6);
  EXPECT_NEAR(step.Run(batch_, 0.2).loss.item<float>(), losses[2].item<float>(), 1e-6);
  ExpectState(fixture_, "after3", network_, 2e-6);
}

TEST_F(Step, CountsTheRowsThatItGetsRight) {
  SetState(fixture_, "after3", network_);
  AutogradStep step(recipe_, v1::PRECISION_FP32, at::kCPU, network_);
  const at::Tensor logits =
      network_.Forward(batch_.images.clone(), {.training = true, .dropout = {}});
  const int64_t expected = logits.argmax(1).eq(batch_.labels).sum().item<int64_t>();

  EXPECT_EQ(step.Run(batch_, 0.1).correct_count.item<int64_t>(), expected);
}

TEST_F(Step, InBf16StaysCloseToFp32AndKeepsFp32Weights) {
  AutogradStep step(recipe_, v1::PRECISION_BF16, at::kCPU, network_);

  const float loss = step.Run(batch_, 0.1).loss.item<float>();

  // bfloat16 has 8 bits of mantissa: a relative error of 2^-8 per value.
  EXPECT_NEAR(loss, fixture_.at("losses")[0].item<float>(), 0.02);
  for (const NamedTensor& named : network_.parameters()) {
    EXPECT_EQ(named.tensor.scalar_type(), at::kFloat) << named.name;
  }
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
}

TEST(Sgd, WithoutMomentumGoesAgainstTheGradientAndTheDecayedWeight) {
  v1::Sgd options;
  options.set_weight_decay(0.5);
  const at::Tensor weight = at::full({2}, 4.0f);
  Sgd sgd(options, {weight});

  sgd.Step({at::full({2}, 3.0f)}, 0.1);

  // 4 - 0.1 * (3 + 0.5 * 4)
  EXPECT_NEAR(weight[0].item<float>(), 3.5, 1e-6);
}

TEST(WeightAverage, FollowsItsFormulaEveryFewSteps) {
  const v1::Recipe recipe = SmallRecipe();
  const Network source = *Network::Build(recipe.network(), 1, at::kCPU);
  const Network average = *Network::Build(recipe.network(), 1, at::kCPU);
  v1::Ema options;
  options.set_decay(0.15);
  options.set_every_steps(2);
  WeightAverage weight_average(options, source, average);
  const at::Tensor weight = source.parameters()[0].tensor;
  const at::Tensor variance = source.buffers()[1].tensor;
  average.parameters()[0].tensor.zero_();
  weight.fill_(1);
  variance.fill_(3);

  weight_average.Update(1);
  EXPECT_EQ(average.parameters()[0].tensor.max().item<float>(), 0);
  weight_average.Update(2);  // keeps 1/10
  EXPECT_NEAR(average.parameters()[0].tensor.max().item<float>(), 0.9, 1e-6);
  EXPECT_NEAR(average.buffers()[1].tensor.max().item<float>(), 0.1 * 1 + 0.9 * 3, 1e-6);
  weight_average.Update(3);
  weight_average.Update(4);  // keeps 0.15, as 2/11 would be more
  EXPECT_NEAR(average.parameters()[0].tensor.max().item<float>(), 0.15 * 0.9 + 0.85, 1e-6);
}

TEST(Evaluator, GivesTheMeanLossAndTheRowsThatAreRight) {
  const v1::Recipe recipe = SmallRecipe();
  const Network network = *Network::Build(recipe.network(), recipe.seed(), at::kCPU);
  // More rows than one batch of the evaluator, and not a multiple of it.
  const Split split = SmallSplit(260, 1);
  const Evaluator evaluator(split, recipe, at::kCPU);

  const Evaluation evaluation = evaluator.Evaluate(network);

  const at::Tensor pixels =
      at::from_blob(const_cast<uint8_t*>(split.values.data()), {260, 1, 8, 8}, at::kByte);
  const at::Tensor logits = network.Forward((pixels.to(at::kFloat) / 255 - 0.25) / 0.5, {});
  double loss = 0;
  int64_t correct_count = 0;
  for (int64_t row = 0; row < 260; ++row) {
    const at::Tensor values = logits[row].to(at::kDouble);
    const int64_t label = split.labels[row];
    loss += (values.exp().sum().log() - values[label]).item<double>() / 260;
    correct_count += values.argmax().item<int64_t>() == label;
  }
  EXPECT_NEAR(evaluation.loss, loss, 1e-6);
  EXPECT_EQ(evaluation.correct_count, correct_count);
  EXPECT_EQ(evaluation.row_count, 260);
}

}  // namespace
}  // namespace traind
