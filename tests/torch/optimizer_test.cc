#include "server/torch/train/optimizer.h"

#include <gtest/gtest.h>

#include "server/torch/train/gradient_accumulation.h"
#include "server/torch/train/gradient_clipping.h"
#include "tests/torch/training_fixture.h"

namespace traind {
namespace {

constexpr double kTolerance = 1e-12;

// Tensors of a case, float64, by their shapes.
std::vector<at::Tensor> ToTensors(const nlohmann::json& values, const nlohmann::json& shapes) {
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    tensors.push_back(at::tensor(values[i].get<std::vector<double>>(), at::kDouble)
                          .view(shapes[i].get<std::vector<int64_t>>()));
  }
  return tensors;
}

void ExpectNear(const std::vector<at::Tensor>& tensors, const std::vector<at::Tensor>& expected,
                const std::string& what) {
  ASSERT_EQ(tensors.size(), expected.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_LE((tensors[i] - expected[i]).abs().max().item<double>(), kTolerance)
        << what << ", tensor " << i;
  }
}

TEST(Optimizer, EqualsPyTorchOverTenSteps) {
  const nlohmann::json cases = TrainingCases("optimizers");
  ASSERT_EQ(cases.size(), 8u);
  for (const nlohmann::json& json : cases) {
    const std::string text = json.at("optimizer");
    const nlohmann::json& shapes = json.at("shapes");
    const std::vector<at::Tensor> weights = ToTensors(json.at("initial"), shapes);
    const auto optimizer = MakeOptimizer(MessageOfText<v1::Optimizer>(text), weights);
    ASSERT_EQ(json.at("steps").size(), 10u);
    for (const nlohmann::json& step : json.at("steps")) {
      optimizer->Step(ToTensors(step.at("gradients"), shapes), step.at("rate"));
      ExpectNear(weights, ToTensors(step.at("weights"), shapes), text);
    }
  }
}

TEST(Optimizer, GoesOnFromItsStateBitForBit) {
  for (const nlohmann::json& json : TrainingCases("optimizers")) {
    const std::string text = json.at("optimizer");
    const auto options = MessageOfText<v1::Optimizer>(text);
    const nlohmann::json& shapes = json.at("shapes");
    const std::vector<at::Tensor> whole = ToTensors(json.at("initial"), shapes);
    const std::vector<at::Tensor> stopped = ToTensors(json.at("initial"), shapes);
    const auto unbroken = MakeOptimizer(options, whole);
    auto broken = MakeOptimizer(options, stopped);
    int done = 0;
    for (const nlohmann::json& step : json.at("steps")) {
      if (++done == 5) {
        StateTensors state;
        broken->Save(state);
        StateTensors read = *StateTensors::Parse(*state.Serialize());
        broken = MakeOptimizer(options, stopped);
        ASSERT_TRUE(broken->Load(read).ok()) << text;
        EXPECT_TRUE(read.CheckAllTaken().ok()) << text;
      }
      unbroken->Step(ToTensors(step.at("gradients"), shapes), step.at("rate"));
      broken->Step(ToTensors(step.at("gradients"), shapes), step.at("rate"));
    }
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_TRUE(at::equal(whole[i], stopped[i])) << text;
    }
  }
}

TEST(GradientClipping, EqualsPyTorch) {
  const nlohmann::json cases = TrainingCases("clippings");
  ASSERT_EQ(cases.size(), 3u);
  for (const nlohmann::json& json : cases) {
    const std::string text = json.at("gradient_clipping");
    const nlohmann::json& shapes = json.at("shapes");
    ExpectNear(
        Clipped(MessageOfText<v1::GradientClipping>(text), ToTensors(json.at("gradients"), shapes)),
        ToTensors(json.at("clipped"), shapes), text);
  }
}

TEST(GradientClipping, LeavesTheGradientsThatItIsGivenAsTheyAre) {
  const at::Tensor gradient = at::full({2}, 3.0);
  Clipped(MessageOfText<v1::GradientClipping>("max_norm: 1"), {gradient});
  Clipped(MessageOfText<v1::GradientClipping>("max_value: 1"), {gradient});
  EXPECT_TRUE(at::equal(gradient, at::full({2}, 3.0)));
}

TEST(GradientAccumulation, GivesTheMeanOverAllRowsWhenEnoughBatchesAreIn) {
  const at::Tensor parameter = at::zeros({1}, at::kDouble);
  GradientAccumulation accumulation(3, {parameter});
  const auto add = [&](double gradient, double rows, bool is_last = false) {
    return accumulation.Add({at::full({1}, gradient, at::kDouble)}, at::full({}, rows, at::kDouble),
                            is_last);
  };
  EXPECT_FALSE(add(1, 4));
  EXPECT_FALSE(add(2, 4));
  const auto means = add(6, 2);
  ASSERT_TRUE(means);
  // (1 * 4 + 2 * 4 + 6 * 2) / 10
  EXPECT_NEAR((*means)[0].item<double>(), 2.4, kTolerance);

  EXPECT_FALSE(add(5, 4));
  const auto at_the_end = add(8, 2, /*is_last=*/true);
  ASSERT_TRUE(at_the_end);
  EXPECT_NEAR((*at_the_end)[0].item<double>(), 6, kTolerance);
}

}  // namespace
}  // namespace traind
