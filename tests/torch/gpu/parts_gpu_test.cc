// The parts of a training on a GPU, each against itself on the CPU.
#include <gtest/gtest.h>

#include <cmath>

#include "server/torch/nn/layers.h"
#include "server/torch/random_generator.h"
#include "server/torch/train/data_feed.h"
#include "server/torch/train/evaluator.h"
#include "tests/torch/gpu/gpu_fixture.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

class PartsOnGpu : public GpuTest {};

TEST_F(PartsOnGpu, TheFeedGivesTheBatchesThatItGivesOnACpu) {
  v1::Recipe recipe = SmallRecipe();
  recipe.mutable_data()->mutable_augmentation()->set_shift_pixels(2);
  const Split split = SmallSplit(60, 1);
  DataFeed expected(split, recipe, at::kCPU);
  DataFeed feed(split, recipe, device_);
  for (int epoch = 1; epoch <= 2; ++epoch) {
    expected.StartEpoch(epoch);
    feed.StartEpoch(epoch);
    for (int64_t i = 0; i < feed.step_count(); ++i) {
      const Batch cpu = expected.Next();
      const Batch batch = feed.Next();
      EXPECT_TRUE(batch.labels.cpu().equal(cpu.labels));
      EXPECT_TRUE(at::allclose(batch.images.cpu(), cpu.images, 1e-6, 1e-6));
    }
  }
}

TEST_F(PartsOnGpu, AnEvaluationAgreesWithTheCpus) {
  const v1::Recipe recipe = SmallRecipe();
  const Split split = SmallSplit(2600, 3);  // more than one batch there
  const Network network = *Network::Build(recipe.network(), 1, device_);
  const Network on_cpu = *Network::Build(recipe.network(), 1, at::kCPU);
  at::globalContext().setAllowTF32CuDNN(false);
  const Evaluation gpu = Evaluator(split, recipe, device_).Evaluate(network);
  const Evaluation cpu = Evaluator(split, recipe, at::kCPU).Evaluate(on_cpu);
  EXPECT_NEAR(gpu.loss, cpu.loss, 1e-4);
  EXPECT_NEAR(static_cast<double>(gpu.correct_count), static_cast<double>(cpu.correct_count), 2);
  EXPECT_EQ(gpu.row_count, 2600);
}

TEST_F(PartsOnGpu, DropoutDropsItsShareAndScalesTheRest) {
  const DropoutLayer layer(0.25);
  const at::Tensor ones = at::ones({100000}, at::device(device_)).requires_grad_();
  const ForwardContext context{true, MakeGenerator(device_, 5)};
  const at::Tensor out = layer.Forward(ones, context);
  const double kept = out.detach().ne(0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(kept, 0.75, 5 * std::sqrt(0.25 * 0.75 / 100000));
  EXPECT_NEAR(out.max().item<float>(), 1 / 0.75, 1e-6);
  // The gradient passes where the value did.
  const at::Tensor gradient = torch::autograd::grad({out.sum()}, {ones})[0];
  EXPECT_TRUE(gradient.equal(out.detach()));
}

}  // namespace
}  // namespace traind
