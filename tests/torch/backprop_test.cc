// The 2-2-2 network of the S4 assignment's first part: its derivatives by the chain rule, written
// out one by one, against what training computes.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "server/torch/nn/network.h"
#include "server/torch/train/autograd_passes.h"
#include "server/torch/train/autograd_step.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using Weights = std::array<double, 8>;  // w1 to w8

constexpr double kInputs[] = {0.05, 0.10};   // i1, i2
constexpr double kTargets[] = {0.01, 0.99};  // t1, t2
constexpr Weights kFirst = {0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// What flows through the network, by the assignment's names.
struct Flow {
  double a_h1, a_h2, a_o1, a_o2, loss;
};

Flow Forward(const Weights& w) {
  Flow flow = {};
  flow.a_h1 = Sigmoid(w[0] * kInputs[0] + w[1] * kInputs[1]);
  flow.a_h2 = Sigmoid(w[2] * kInputs[0] + w[3] * kInputs[1]);
  flow.a_o1 = Sigmoid(w[4] * flow.a_h1 + w[5] * flow.a_h2);
  flow.a_o2 = Sigmoid(w[6] * flow.a_h1 + w[7] * flow.a_h2);
  flow.loss =
      0.5 * std::pow(kTargets[0] - flow.a_o1, 2) + 0.5 * std::pow(kTargets[1] - flow.a_o2, 2);
  return flow;
}

Weights Derivatives(const Weights& w) {
  const auto [a_h1, a_h2, a_o1, a_o2, loss] = Forward(w);
  const double d_o1 = (a_o1 - kTargets[0]) * a_o1 * (1 - a_o1);
  const double d_o2 = (a_o2 - kTargets[1]) * a_o2 * (1 - a_o2);
  const double d_h1 = (d_o1 * w[4] + d_o2 * w[6]) * a_h1 * (1 - a_h1);
  const double d_h2 = (d_o1 * w[5] + d_o2 * w[7]) * a_h2 * (1 - a_h2);
  return {d_h1 * kInputs[0], d_h1 * kInputs[1], d_h2 * kInputs[0], d_h2 * kInputs[1],
          d_o1 * a_h1,       d_o1 * a_h2,       d_o2 * a_h1,       d_o2 * a_h2};
}

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
