#include "server/torch/train/learning_rate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/torch/fixture_file.h"

namespace traind {
namespace {

v1::Recipe RecipeWithOneCycle(double peak, double warmup_fraction, double start_divisor,
                              double end_divisor) {
  v1::Recipe recipe;
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(peak);
  v1::OneCycle& cycle = *recipe.mutable_schedule()->mutable_one_cycle();
  cycle.set_warmup_fraction(warmup_fraction);
  cycle.set_start_divisor(start_divisor);
  cycle.set_end_divisor(end_divisor);
  return recipe;
}

TEST(LearningRate, OneCycleEqualsPyTorchAtEveryStep) {
  const nlohmann::json cases = nlohmann::json::parse(ReadFixture("one_cycle.json"));
  ASSERT_EQ(cases.size(), 4u);
  for (const nlohmann::json& expected : cases) {
    const std::vector<double> rates = expected.at("rates");
    const LearningRate learning_rate(
        RecipeWithOneCycle(expected.at("peak"), expected.at("warmup_fraction"),
                           expected.at("start_divisor"), expected.at("end_divisor")),
        static_cast<int64_t>(rates.size()));
    for (size_t i = 0; i < rates.size(); ++i) {
      EXPECT_NEAR(learning_rate.At(static_cast<int64_t>(i) + 1), rates[i], 1e-12)
          << "step " << i + 1 << " of " << rates.size();
    }
  }
}

TEST(LearningRate, OneCycleStartsAndEndsAtItsDivisors) {
  const LearningRate learning_rate(RecipeWithOneCycle(0.1, 0.25, 10, 1000), 4690);
  EXPECT_DOUBLE_EQ(learning_rate.At(1), 0.01);
  EXPECT_NEAR(learning_rate.At(4690), 0.0001, 1e-15);
}

TEST(LearningRate, OneCycleOfASingleStepIsFinite) {
  const LearningRate learning_rate(RecipeWithOneCycle(0.1, 0.25, 10, 100), 1);
  EXPECT_NEAR(learning_rate.At(1), 0.001, 1e-15);
}

TEST(LearningRate, OneCycleWhoseWarmUpIsOneStepStartsAtThePeak) {
  const LearningRate learning_rate(RecipeWithOneCycle(0.1, 0.25, 10, 100), 4);
  EXPECT_DOUBLE_EQ(learning_rate.At(1), 0.1);
}

TEST(LearningRate, IsConstantWithoutASchedule) {
  v1::Recipe recipe;
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.05);
  const LearningRate learning_rate(recipe, 100);
  EXPECT_EQ(learning_rate.At(1), 0.05);
  EXPECT_EQ(learning_rate.At(100), 0.05);
}

TEST(LearningRate, IsConstantWithTheConstantSchedule) {
  v1::Recipe recipe;
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.05);
  recipe.mutable_schedule()->mutable_constant();
  EXPECT_EQ(LearningRate(recipe, 100).At(50), 0.05);
}

}  // namespace
}  // namespace traind
