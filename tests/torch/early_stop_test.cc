#include "server/torch/train/early_stop.h"

#include <gtest/gtest.h>

#include <vector>

namespace traind {
namespace {

v1::Recipe RecipeOf(v1::SelectionMetric metric, int patience, double min_change) {
  v1::Recipe recipe;
  recipe.mutable_selection()->set_metric(metric);
  recipe.mutable_early_stopping()->set_patience_epochs(patience);
  recipe.mutable_early_stopping()->set_min_change(min_change);
  return recipe;
}

// The epoch after which it is due; 0 when none is.
int DueAfter(const v1::Recipe& recipe, const std::vector<double>& values) {
  EarlyStop stop(recipe);
  for (size_t i = 0; i < values.size(); ++i) {
    stop.Note(static_cast<int64_t>(i) + 1, values[i]);
    if (stop.IsDue()) return static_cast<int>(i) + 1;
  }
  return 0;
}

TEST(EarlyStop, BearsAsManyEpochsWithoutABetterOneAsItIsTold) {
  const v1::Recipe recipe = RecipeOf(v1::SELECTION_METRIC_ACCURACY, 2, 0);
  EXPECT_EQ(DueAfter(recipe, {0.5, 0.6, 0.6, 0.6, 0.6, 0.9}), 5);
  EXPECT_EQ(DueAfter(recipe, {0.5, 0.6, 0.6, 0.6, 0.7, 0.6, 0.6}), 0);
}

TEST(EarlyStop, OfALossWantsItSmaller) {
  const v1::Recipe recipe = RecipeOf(v1::SELECTION_METRIC_LOSS, 1, 0);
  EXPECT_EQ(DueAfter(recipe, {1, 0.9, 0.8, 0.7}), 0);
  EXPECT_EQ(DueAfter(recipe, {1, 1.1, 1.2}), 3);
}

TEST(EarlyStop, TakesAChangeThatIsTooSmallForNone) {
  const v1::Recipe recipe = RecipeOf(v1::SELECTION_METRIC_LOSS, 1, 0.125);
  EXPECT_EQ(DueAfter(recipe, {1, 0.9375, 0.875, 0.5}), 3);
  EXPECT_EQ(DueAfter(recipe, {1, 0.9375, 0.75, 0.5}), 0);
}

TEST(EarlyStop, WithoutTheFieldNeverIs) {
  v1::Recipe recipe = RecipeOf(v1::SELECTION_METRIC_LOSS, 1, 0);
  recipe.clear_early_stopping();
  EXPECT_EQ(DueAfter(recipe, {1, 1, 1, 1, 1}), 0);
}

TEST(EarlyStop, SaysWhatItHasSeen) {
  EarlyStop stop(RecipeOf(v1::SELECTION_METRIC_ACCURACY, 2, 0.01));
  for (int epoch = 1; epoch <= 4; ++epoch) stop.Note(epoch, epoch == 1 ? 0.75 : 0.5);
  EXPECT_EQ(stop.Reason(),
            "stopped early after epoch 4: accuracy has not been better than the 0.75 of epoch 1 by "
            "0.01 for 3 epochs (early_stopping.patience_epochs: 2)");
}

TEST(EarlyStop, GoesOnFromItsState) {
  const v1::Recipe recipe = RecipeOf(v1::SELECTION_METRIC_ACCURACY, 2, 0);
  EarlyStop first(recipe);
  for (int epoch = 1; epoch <= 3; ++epoch) first.Note(epoch, 0.5);
  EarlyStop second(recipe);
  second.set_state(first.state());
  EXPECT_FALSE(second.IsDue());
  second.Note(4, 0.5);
  EXPECT_TRUE(second.IsDue());
}

}  // namespace
}  // namespace traind
