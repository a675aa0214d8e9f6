// The 2-2-2 network of the S4 assignment's first part: its derivatives by the chain rule, written
// out one by one, against what training computes.
#include <gtest/gtest.h>

#include <random>

#include "server/torch/nn/network.h"
#include "server/torch/train/autograd_passes.h"
#include "server/torch/train/autograd_step.h"
#include "tests/recipes/recipe_fixture.h"
#include "tests/torch/plain_backprop.h"

namespace traind {
namespace {

using plain_backprop::Derivatives;
using plain_backprop::Forward;
using plain_backprop::kFirst;
using plain_backprop::kInputs;
using plain_backprop::kTargets;
using plain_backprop::Weights;

class Backprop : public ::testing::Test {
 protected:
  Backprop()
      : network_(*Network::Build(recipe_.network(), 1, at::kCPU, at::kDouble)),
        passes_(recipe_, v1::PRECISION_UNSPECIFIED, at::kCPU, network_) {}

  static Batch Sample() {
    return {at::tensor({kInputs[0], kInputs[1]}, at::kDouble).view({1, 2}),
            at::tensor({kTargets[0], kTargets[1]}, at::kDouble).view({1, 2})};
  }
  void Set(const Weights& weights) {
    at::NoGradGuard no_grad;
    for (int i = 0; i < 8; ++i) {
      network_.parameters()[i / 4].tensor.view(-1)[i % 4] = weights[i];
    }
  }
  Weights Get() const {
    Weights weights;
    for (int i = 0; i < 8; ++i) {
      weights[i] = network_.parameters()[i / 4].tensor.view(-1)[i % 4].item<double>();
    }
    return weights;
  }
  // Expects the gradients of the passes to be those written out, and returns these.
  Weights ExpectGradients(const Weights& weights) {
    Set(weights);
    passes_.StartEpoch(1);
    const AutogradPasses::Result result = passes_.Run(Sample());
    const Weights expected = Derivatives(weights);
    EXPECT_NEAR(result.loss.item<double>(), Forward(weights).loss, 1e-12);
    for (int i = 0; i < 8; ++i) {
      EXPECT_NEAR(result.gradients[i / 4].view(-1)[i % 4].item<double>(), expected[i], 1e-12)
          << "w" << i + 1;
    }
    return expected;
  }

  const v1::Recipe recipe_ = ShippedRecipe("backprop");
  Network network_;
  AutogradPasses passes_;
};

TEST_F(Backprop, BeginsWithTheAssignmentsWeightsAndLoss) {
  EXPECT_EQ(Get(), kFirst);
  passes_.StartEpoch(1);
  EXPECT_NEAR(passes_.Run(Sample()).loss.item<double>(), 0.24252, 5e-6);
}

TEST_F(Backprop, GradientsAreTheDerivativesWrittenOut) {
  ExpectGradients(kFirst);
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(-2, 2);
  for (int trial = 0; trial < 1000; ++trial) {
    Weights weights;
    for (double& weight : weights) weight = uniform(random);
    ExpectGradients(weights);
    if (HasFailure()) return;
  }
}

TEST_F(Backprop, GradientsAreTheSlopesOfTheLoss) {
  const Weights gradients = ExpectGradients(kFirst);
  constexpr double kStep = 1e-5;
  for (int i = 0; i < 8; ++i) {
    Weights above = kFirst;
    Weights below = kFirst;
    above[i] += kStep;
    below[i] -= kStep;
    const double slope = (Forward(above).loss - Forward(below).loss) / (2 * kStep);
    EXPECT_NEAR(gradients[i], slope, 1e-7) << "w" << i + 1;
  }
}

TEST_F(Backprop, TwoThousandStepsAreThoseOfPlainGradientDescent) {
  constexpr double kRate = 1;
  AutogradStep step(recipe_, v1::PRECISION_UNSPECIFIED, at::kCPU, network_);
  step.StartEpoch(1);
  Weights expected = kFirst;
  for (int i = 0; i < 2000; ++i) {
    const double loss = Forward(expected).loss;
    const Weights gradients = Derivatives(expected);
    for (int w = 0; w < 8; ++w) expected[w] -= kRate * gradients[w];
    EXPECT_NEAR(step.Run(Sample(), kRate).loss.item<double>(), loss, 1e-12) << "step " << i + 1;
    if (HasFailure()) return;
  }
  const Weights weights = Get();
  for (int w = 0; w < 8; ++w) EXPECT_NEAR(weights[w], expected[w], 1e-10) << "w" << w + 1;
  EXPECT_LT(Forward(expected).loss, 0.01);
}

}  // namespace
}  // namespace traind
