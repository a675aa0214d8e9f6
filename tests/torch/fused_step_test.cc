// The fused step against the tensor library's own automatic differentiation.
#include "server/torch/train/fused_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/torch/nn/stage_tensors_of.h"
#include "server/torch/train/autograd_passes.h"
#include "server/torch/train/autograd_step.h"
#include "tests/torch/fused_recipes.h"

namespace traind {
namespace {

class FusedStepCase : public ::testing::TestWithParam<FusedCase> {
 protected:
  FusedStepCase() : recipe_(FusedRecipe(GetParam())), network_(FusedCaseNetwork(recipe_)) {}

  std::unique_ptr<FusedStep> MakeStep(Network& network,
                                      v1::Precision precision = v1::PRECISION_FP32) const {
    const absl::StatusOr<FusedPlan> plan = FusedStep::Plan(recipe_, precision);
    EXPECT_TRUE(plan.ok()) << plan.status();
    auto step = std::make_unique<FusedStep>(recipe_, precision, *plan, /*thread_count=*/2, network);
    step->StartEpoch(1);
    return step;
  }

  Network Copy() const {
    Network copy = *Network::Build(recipe_.network(), 0, at::kCPU);
    CopyNetwork(network_, copy);
    return copy;
  }

  // The newest step's gradients in the order of the parameters.
  std::vector<at::Tensor> Gradients(const FusedStep& step, const Network& network) const {
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : Tensors(network.parameters())) {
      gradients.push_back(at::empty_like(parameter));
    }
    const FusedPlan plan = *FusedStep::Plan(recipe_, v1::PRECISION_FP32);
    const std::vector<StageTensors> to = StageTensorsOf(plan, network, gradients);
    for (size_t s = 0; s < to.size(); ++s) {
      for (const StageParameter& parameter : ParametersOf(plan.stages[s])) {
        std::copy_n(step.engine().gradients()[s].*parameter.tensor, parameter.size,
                    to[s].*parameter.tensor);
      }
    }
    return gradients;
  }

  // Some steps of both, of batches of several sizes, then weights and statistics.
  void ExpectTheSameAsPlainSteps();

  v1::Recipe recipe_;
  Network network_;
};

double Norm(const at::Tensor& tensor) { return tensor.to(at::kDouble).norm().item<double>(); }

double Distance(const at::Tensor& value, const at::Tensor& exact) {
  return Norm(value.to(at::kDouble) - exact.to(at::kDouble));
}

double RelativeError(const at::Tensor& value, const at::Tensor& exact) {
  return Distance(value, exact) / Norm(exact);
}

// The gradients of a network in float64.
struct Exact {
  Exact(Network network, const Batch& batch) {
    for (const NamedTensor& named : network.buffers()) {
      named.tensor.set_data(named.tensor.to(at::kDouble));
    }
    for (const NamedTensor& named : network.parameters()) {
      named.tensor.set_data(named.tensor.to(at::kDouble));
      named.tensor.set_requires_grad(true);
    }
    const at::Tensor logits =
        network.Forward(batch.images.to(at::kDouble), {.training = true, .dropout = {}});
    const at::Tensor mean_loss =
        at::cross_entropy_loss(logits, batch.labels, {}, at::Reduction::Mean, -100, 0.1);
    loss = mean_loss.item<double>();
    correct_count = logits.argmax(1).eq(batch.labels).sum().item<int64_t>();
    gradients = torch::autograd::grad({mean_loss}, Tensors(network.parameters()));
    for (const at::Tensor& gradient : gradients) largest = std::max(largest, Norm(gradient));
  }

  // Of the gradient of one parameter. Some are zero but for rounding, such as that of a
  // shift before another batch normalisation; these are held against the largest.
  double RelativeErrorOf(const at::Tensor& gradient, size_t parameter) const {
    const double norm = Norm(gradients[parameter]);
    return Distance(gradient, gradients[parameter]) / (norm > 1e-9 * largest ? norm : largest);
  }

  double loss = 0;
  int64_t correct_count = 0;
  std::vector<at::Tensor> gradients;
  double largest = 0;  // norm
};

TEST_P(FusedStepCase, GradientsAreAsExactAsThoseOfThePlainStep) {
  const Batch batch = RandomBatch(recipe_, 8, 5);
  const Exact exact(Copy(), batch);
  Network plain = Copy();
  AutogradPasses passes(recipe_, v1::PRECISION_FP32, at::kCPU, plain);
  const std::vector<at::Tensor> of_plain =
      passes.Run({batch.images.clone(), batch.labels}).gradients;
  Network fused = Copy();
  const std::unique_ptr<FusedStep> step = MakeStep(fused);
  const StepResult result = step->Run(batch, 0);
  const std::vector<at::Tensor> of_fused = Gradients(*step, fused);

  EXPECT_NEAR(result.loss.item<double>(), exact.loss, 1e-6);
  EXPECT_EQ(result.correct_count.item<int64_t>(), exact.correct_count);
  for (size_t i = 0; i < of_fused.size(); ++i) {
    EXPECT_LE(exact.RelativeErrorOf(of_fused[i], i),
              2 * exact.RelativeErrorOf(of_plain[i], i) + 1e-6)
        << fused.parameters()[i].name;
  }
}

TEST_P(FusedStepCase, GradientsInBf16AreAsExactAsThoseOfThePlainStep) {
  if (!FusedStep::Plan(recipe_, v1::PRECISION_BF16).ok()) {
    GTEST_SKIP() << "this processor does not multiply bf16";
  }
  const Batch batch = RandomBatch(recipe_, 8, 5);
  const Exact exact(Copy(), batch);
  Network plain = Copy();
  AutogradPasses passes(recipe_, v1::PRECISION_BF16, at::kCPU, plain);
  const std::vector<at::Tensor> of_plain =
      passes.Run({batch.images.clone(), batch.labels}).gradients;
  Network fused = Copy();
  const std::unique_ptr<FusedStep> step = MakeStep(fused, v1::PRECISION_BF16);
  const StepResult result = step->Run(batch, 0);
  const std::vector<at::Tensor> of_fused = Gradients(*step, fused);

  EXPECT_NEAR(result.loss.item<double>(), exact.loss, 0.02);
  for (size_t i = 0; i < of_fused.size(); ++i) {
    // A rounding error of bf16 is 2^-9, and values that rounding made equal may have
    // their maximum elsewhere.
    EXPECT_LE(exact.RelativeErrorOf(of_fused[i], i),
              2 * exact.RelativeErrorOf(of_plain[i], i) + 0.05)
        << fused.parameters()[i].name;
  }
}

void FusedStepCase::ExpectTheSameAsPlainSteps() {
  Network plain = Copy();
  AutogradStep plain_step(recipe_, v1::PRECISION_FP32, at::kCPU, plain);
  Network fused = Copy();
  const std::unique_ptr<FusedStep> fused_step = MakeStep(fused);
  for (int64_t rows : {8, 5, 8, 1}) {  // the last batch of an epoch may be shorter
    const Batch batch = RandomBatch(recipe_, rows, 20 + rows);
    const StepResult expected = plain_step.Run({batch.images.clone(), batch.labels}, 0.01);
    const StepResult result = fused_step->Run(batch, 0.01);
    EXPECT_NEAR(result.loss.item<float>(), expected.loss.item<float>(), 1e-4) << rows << " rows";
  }
  for (size_t i = 0; i < plain.parameters().size(); ++i) {
    const at::Tensor expected = plain.parameters()[i].tensor.detach();
    EXPECT_LE(RelativeError(fused.parameters()[i].tensor, expected), 2e-4)
        << plain.parameters()[i].name;
  }
  for (size_t i = 0; i < plain.buffers().size(); ++i) {
    EXPECT_LE(RelativeError(fused.buffers()[i].tensor, plain.buffers()[i].tensor), 2e-5)
        << plain.buffers()[i].name;
  }
}

TEST_P(FusedStepCase, GivesTheWeightsAndStatisticsOfPlainSteps) {
  v1::Sgd& sgd = *recipe_.mutable_optimizer()->mutable_sgd();
  sgd.set_momentum(0.9);
  sgd.set_nesterov(true);
  sgd.set_weight_decay(0.01);
  ExpectTheSameAsPlainSteps();
}

TEST_P(FusedStepCase, UpdatesByAnyOptimizerAsPlainStepsDo) {
  // A large epsilon: otherwise Adam makes whole steps of gradients that are rounding alone.
  recipe_.mutable_optimizer()->mutable_adamw()->set_epsilon(0.1);
  recipe_.mutable_optimizer()->mutable_adamw()->set_weight_decay(0.01);
  recipe_.mutable_gradient_clipping()->set_max_norm(0.5);
  recipe_.set_accumulate_batches(2);
  ExpectTheSameAsPlainSteps();
}

TEST_P(FusedStepCase, GivesTheSameBitsAgain) {
  const Batch batch = RandomBatch(recipe_, 8, 5);
  Network first = Copy();
  Network second = Copy();
  const std::unique_ptr<FusedStep> first_step = MakeStep(first);
  const std::unique_ptr<FusedStep> second_step = MakeStep(second);
  for (int i = 0; i < 20; ++i) {
    const StepResult result = first_step->Run(batch, 0.01);
    EXPECT_EQ(second_step->Run(batch, 0.01).loss.item<float>(), result.loss.item<float>());
  }
  for (size_t i = 0; i < first.parameters().size(); ++i) {
    EXPECT_TRUE(at::equal(first.parameters()[i].tensor, second.parameters()[i].tensor));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedStepCase, ::testing::ValuesIn(FusedCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace traind
