#include "server/torch/train/mixup.h"

#include <gtest/gtest.h>

#include <cmath>

#include "server/torch/train/autograd_step.h"
#include "server/torch/train/data_feed.h"
#include "server/torch/train/fused_step.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

at::Tensor SharesOf(double alpha, int64_t count, uint64_t seed = 1) {
  Mixup mixup(alpha, count, at::TensorOptions(at::kDouble));
  mixup.StartEpoch(seed);
  return mixup.shares();
}

// Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)); a share's squared distance from
// 1/2 is at most 1/4, so its deviation at most 1/8.
TEST(Mixup, DrawsSharesFromTheBetaDistribution) {
  constexpr int64_t kCount = 20000;
  for (const double alpha : {0.01, 0.2, 1.0, 4.0}) {
    SCOPED_TRACE(alpha);
    const at::Tensor shares = SharesOf(alpha, kCount);
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_GE(shares.min().item<double>(), 0);
    EXPECT_LE(shares.max().item<double>(), 1);
    EXPECT_NEAR(shares.mean().item<double>(), 0.5, 4 * std::sqrt(variance / kCount));
    EXPECT_NEAR((shares - 0.5).square().mean().item<double>(), variance,
                4 * std::sqrt(1.0 / 64 / kCount));
  }
}

TEST(Mixup, OfAlphaOneDrawsEvenly) {
  const at::Tensor shares = SharesOf(1, 20000);
  for (const double quantile : {0.1, 0.25, 0.5, 0.9}) {
    EXPECT_NEAR(shares.lt(quantile).to(at::kDouble).mean().item<double>(), quantile,
                4 * std::sqrt(quantile * (1 - quantile) / 20000));
  }
}

TEST(Mixup, DependsOnItsSeedAlone) {
  EXPECT_TRUE(at::equal(SharesOf(0.4, 50, 3), SharesOf(0.4, 50, 3)));
  EXPECT_FALSE(at::equal(SharesOf(0.4, 50, 3), SharesOf(0.4, 50, 4)));
}

TEST(Mixup, MixesInputsAndValuesByTheFormula) {
  const at::Tensor images = at::rand({4, 2, 3}, at::kDouble);
  const at::Tensor targets = at::rand({4, 1}, at::kDouble);
  Batch batch = {images, targets};
  Mixup::Apply(at::tensor({0.3}, at::kDouble), batch);

  for (int64_t i = 0; i < 4; ++i) {
    const int64_t j = (i + 3) % 4;
    EXPECT_TRUE(at::allclose(batch.images[i], 0.3 * images[i] + 0.7 * images[j]));
    EXPECT_TRUE(at::allclose(batch.labels[i], 0.3 * targets[i] + 0.7 * targets[j]));
  }
  EXPECT_FALSE(batch.other_labels.defined());
}

TEST(Mixup, GivesBothClassesThatOfTheLargerShareFirst) {
  Batch batch = {at::zeros({3, 1}), at::tensor({5, 6, 7}, at::kLong)};
  Batch other = batch;
  Mixup::Apply(at::tensor({0.75f}), batch);
  Mixup::Apply(at::tensor({0.25f}), other);

  EXPECT_TRUE(at::equal(batch.labels, at::tensor({5, 6, 7}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.other_labels, at::tensor({7, 5, 6}, at::kLong)));
  EXPECT_EQ(batch.label_shares.item<float>(), 0.75f);
  EXPECT_TRUE(at::equal(other.labels, batch.other_labels));
  EXPECT_TRUE(at::equal(other.other_labels, batch.labels));
  EXPECT_EQ(other.label_shares.item<float>(), 0.75f);
}

TEST(Mixup, MixesEachOfSeveralBatchesWithinItself) {
  const at::Tensor images = at::rand({6, 2});
  const at::Tensor labels = at::arange(6);
  const at::Tensor shares = at::tensor({0.3f, 0.8f});
  Batch both = {images, labels};
  Mixup::Apply(shares, both);

  for (int64_t i = 0; i < 2; ++i) {
    Batch alone = {images.narrow(0, 3 * i, 3), labels.narrow(0, 3 * i, 3)};
    Mixup::Apply(shares.narrow(0, i, 1), alone);
    EXPECT_TRUE(at::equal(both.images.narrow(0, 3 * i, 3), alone.images));
    EXPECT_TRUE(at::equal(both.labels.narrow(0, 3 * i, 3), alone.labels));
    EXPECT_TRUE(at::equal(both.other_labels.narrow(0, 3 * i, 3), alone.other_labels));
    EXPECT_TRUE(at::equal(both.label_shares.narrow(0, i, 1), alone.label_shares));
  }
}

class MixedBatches : public ::testing::Test {
 protected:
  MixedBatches() { recipe_.mutable_data()->mutable_augmentation()->set_mixup_alpha(1); }

  Batch First() {
    DataFeed feed(split_, recipe_, at::kCPU);
    feed.StartEpoch(1);
    return feed.Next();
  }
  Network Build() const { return *Network::Build(recipe_.network(), recipe_.seed(), at::kCPU); }

  // The probability of each class that the batch asks for, [B, 3].
  static at::Tensor Probabilities(const Batch& batch) {
    const double share = batch.label_shares.item<double>();
    return at::one_hot(batch.labels, 3).to(at::kFloat) * share +
           at::one_hot(batch.other_labels, 3).to(at::kFloat) * (1 - share);
  }

  v1::Recipe recipe_ = SmallRecipe();
  const Split split_ = SmallSplit(20, 3);
};

TEST_F(MixedBatches, HaveThePyTorchLossOfTheirProbabilities) {
  const Batch batch = First();
  Network network = Build();
  AutogradPasses passes(recipe_, v1::PRECISION_FP32, at::kCPU, network);

  const AutogradPasses::Result result = passes.Run(
      {batch.images.clone(), batch.labels, false, batch.other_labels, batch.label_shares});

  const at::Tensor expected = at::cross_entropy_loss(result.logits, Probabilities(batch), {},
                                                     at::Reduction::Mean, -100, 0.1);
  EXPECT_NEAR(result.loss.item<double>(), expected.item<double>(), 1e-6);
}

// Weighed like PyTorch weighs classes: sum of w[c] p[c] -log q[c], by the sum of w[label].
TEST_F(MixedBatches, WeighClassesByTheSumOfTheirWeights) {
  v1::CrossEntropy& loss = *recipe_.mutable_loss()->mutable_cross_entropy();
  loss.set_label_smoothing(0);
  for (const double weight : {0.5, 1.0, 3.0}) loss.add_class_weights(weight);
  const Batch batch = First();
  Network network = Build();
  AutogradPasses passes(recipe_, v1::PRECISION_FP32, at::kCPU, network);

  const AutogradPasses::Result result = passes.Run(
      {batch.images.clone(), batch.labels, false, batch.other_labels, batch.label_shares});

  const at::Tensor weights = at::tensor({0.5f, 1.0f, 3.0f});
  const at::Tensor sum =
      (weights * Probabilities(batch) * -result.logits.log_softmax(1, at::kFloat)).sum();
  const at::Tensor expected = sum / weights.index_select(0, batch.labels).sum();
  EXPECT_NEAR(result.loss.item<double>(), expected.item<double>(), 1e-6);
}

TEST_F(MixedBatches, TrainTheFusedStepLikeThePlainOne) {
  recipe_.mutable_network()->mutable_layers(4)->mutable_conv2d()->set_kernel_size(3);
  const absl::StatusOr<FusedPlan> plan = FusedStep::Plan(recipe_, v1::PRECISION_FP32);
  ASSERT_TRUE(plan.ok()) << plan.status();
  DataFeed feed(split_, recipe_, at::kCPU);
  Network plain = Build();
  Network fused = Build();
  AutogradStep plain_step(recipe_, v1::PRECISION_FP32, at::kCPU, plain);
  FusedStep fused_step(recipe_, v1::PRECISION_FP32, *plan, /*thread_count=*/2, fused);
  feed.StartEpoch(1);
  for (int64_t step = 0; step < feed.step_count(); ++step) {
    const Batch batch = feed.Next();
    const StepResult of_fused = fused_step.Run(batch, 0.05);
    const StepResult of_plain = plain_step.Run(batch, 0.05);
    EXPECT_NEAR(of_fused.loss.item<float>(), of_plain.loss.item<float>(), 1e-5);
    EXPECT_EQ(of_fused.correct_count.item<int64_t>(), of_plain.correct_count.item<int64_t>());
  }
  for (size_t i = 0; i < plain.parameters().size(); ++i) {
    EXPECT_TRUE(
        at::allclose(fused.parameters()[i].tensor, plain.parameters()[i].tensor, 1e-3, 1e-5))
        << plain.parameters()[i].name;
  }
}

TEST_F(MixedBatches, AreNotWhatStatisticsAreMeasuredOn) {
  DataFeed mixed(split_, recipe_, at::kCPU);
  recipe_.mutable_data()->mutable_augmentation()->clear_mixup_alpha();
  DataFeed plain(split_, recipe_, at::kCPU);
  mixed.StartEpoch(1);
  plain.StartEpoch(1);
  EXPECT_TRUE(at::equal(mixed.Gather(mixed.order()).images, plain.Gather(plain.order()).images));
  EXPECT_FALSE(at::equal(mixed.Next().images, plain.Next().images));
}

}  // namespace
}  // namespace traind
