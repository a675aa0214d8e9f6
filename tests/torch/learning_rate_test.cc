#include "server/torch/train/learning_rate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/torch/fixture_file.h"
#include "tests/torch/training_fixture.h"

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

v1::Recipe RecipeOf(const nlohmann::json& json) {
  v1::Recipe recipe;
  *recipe.mutable_schedule() = MessageOfText<v1::Schedule>(json.at("schedule"));
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(json.at("learning_rate"));
  return recipe;
}

TEST(LearningRate, OfEveryScheduleEqualsPyTorchAtEveryStep) {
  const nlohmann::json cases = TrainingCases("schedules");
  ASSERT_EQ(cases.size(), 6u);
  for (const nlohmann::json& json : cases) {
    const std::vector<double> rates = json.at("rates");
    v1::Recipe recipe = RecipeOf(json);
    recipe.set_epoch_count(json.at("epoch_count"));
    const LearningRate learning_rate(recipe, static_cast<int64_t>(rates.size()));
    for (size_t i = 0; i < rates.size(); ++i) {
      EXPECT_NEAR(learning_rate.At(static_cast<int64_t>(i) + 1), rates[i], 1e-12)
          << json.at("schedule") << ", step " << i + 1;
    }
  }
}

TEST(LearningRate, OfAPlateauEqualsPyTorchAtEveryEpoch) {
  const nlohmann::json cases = TrainingCases("plateaus");
  ASSERT_EQ(cases.size(), 3u);
  for (const nlohmann::json& json : cases) {
    v1::Recipe recipe = RecipeOf(json);
    recipe.mutable_selection()->set_metric(
        json.at("larger_is_better") ? v1::SELECTION_METRIC_ACCURACY : v1::SELECTION_METRIC_LOSS);
    LearningRate learning_rate(recipe, 100);
    const std::vector<double> rates = json.at("rates");
    const std::vector<double> values = json.at("values");
    ASSERT_EQ(rates.size(), values.size() + 1);
    for (size_t i = 0; i < rates.size(); ++i) {
      EXPECT_NEAR(learning_rate.At(static_cast<int64_t>(i) + 1), rates[i], 1e-12)
          << json.at("schedule") << ", epoch " << i + 1;
      if (i < values.size()) learning_rate.Note(values[i]);
    }
  }
}

TEST(LearningRate, OfAPlateauGoesOnFromItsState) {
  const v1::Recipe recipe = RecipeOf(TrainingCases("plateaus")[0]);
  LearningRate first(recipe, 100);
  for (const double value : {0.9, 0.9, 0.9, 0.9, 0.9}) first.Note(value);
  LearningRate second(recipe, 100);

  second.plateau()->set_state(first.plateau()->state());

  for (int epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(second.At(1), first.At(1));
    first.Note(0.9);
    second.Note(0.9);
  }
  EXPECT_LT(second.At(1), 0.2);
}

TEST(LearningRate, IsThatOfTheRecipesOptimizer) {
  for (const char* kind : {"sgd", "adam", "adamw", "rmsprop"}) {
    const auto optimizer =
        MessageOfText<v1::Optimizer>(std::string(kind) + " { learning_rate: 0.25 }");
    EXPECT_EQ(PeakLearningRate(optimizer), 0.25) << kind;
    EXPECT_EQ(LearningRateField(optimizer), "optimizer." + std::string(kind) + ".learning_rate");
  }
}

}  // namespace
}  // namespace traind
