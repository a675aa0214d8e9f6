// The fields that say how a network is trained and measured: losses, optimizers,
// schedules, updates, metrics, inline rows.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::HasSubstr;

// A change to a recipe as text that is merged into it, and what validation says.
struct Change {
  const char* text;
  const char* message;  // empty: it is valid
};

v1::Recipe Merged(v1::Recipe recipe, const std::string& text) {
  v1::Recipe change;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &change)) << text;
  if (change.has_loss()) recipe.clear_loss();
  if (change.has_optimizer()) recipe.clear_optimizer();
  if (change.has_schedule()) recipe.clear_schedule();
  recipe.MergeFrom(change);
  return recipe;
}

void ExpectAnswer(const v1::Recipe& base, const Change& change) {
  const absl::Status status = ValidateRecipe(Merged(base, change.text));
  EXPECT_EQ(MessageOf(status), change.message) << change.text;
  if (change.message[0] == '\0') return;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

// s4: images of digits and ten classes.
class OfClasses : public testing::TestWithParam<Change> {};

TEST_P(OfClasses, AreChecked) { ExpectAnswer(ShippedRecipe("s4"), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Losses, OfClasses,
    testing::Values(
        Change{"loss { cross_entropy { class_weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 2] } }", ""},
        Change{"loss { cross_entropy { class_weights: [1, 2] } }",
               "loss.cross_entropy.class_weights: expected one weight for each output of the "
               "network (10), got 2"},
        Change{"loss { cross_entropy { class_weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 0] } }",
               "loss.cross_entropy.class_weights[9]: expected a finite number > 0, got 0"}));

INSTANTIATE_TEST_SUITE_P(
    Optimizers, OfClasses,
    testing::Values(
        Change{"optimizer { adam { learning_rate: 1e-3 beta1: 0 } }", ""},
        Change{"optimizer { adamw { learning_rate: 1e-3 weight_decay: 0.01 } }", ""},
        Change{"optimizer { rmsprop { learning_rate: 1e-3 centered: true momentum: 0.9 } }", ""},
        Change{"optimizer { adam {} }",
               "optimizer.adam.learning_rate: expected a finite number > 0, got 0"},
        Change{"optimizer { adam { learning_rate: 1 beta1: 1 } }",
               "optimizer.adam.beta1: expected a number in [0, 1), got 1"},
        Change{"optimizer { adamw { learning_rate: 1 beta2: -0.1 } }",
               "optimizer.adamw.beta2: expected a number in [0, 1), got -0.1"},
        Change{"optimizer { adamw { learning_rate: 1 epsilon: 0 } }",
               "optimizer.adamw.epsilon: expected a finite number > 0, got 0"},
        Change{"optimizer { adam { learning_rate: 1 weight_decay: -1 } }",
               "optimizer.adam.weight_decay: expected a finite number >= 0, got -1"},
        Change{"optimizer { rmsprop { learning_rate: nan } }",
               "optimizer.rmsprop.learning_rate: expected a finite number > 0, got nan"},
        Change{"optimizer { rmsprop { learning_rate: 1 alpha: 1 } }",
               "optimizer.rmsprop.alpha: expected a number in [0, 1), got 1"},
        Change{"optimizer { rmsprop { learning_rate: 1 momentum: 1 } }",
               "optimizer.rmsprop.momentum: expected a number in [0, 1), got 1"}));

INSTANTIATE_TEST_SUITE_P(
    Schedules, OfClasses,
    testing::Values(
        Change{"schedule { step { every_epochs: 5 factor: 0.1 } warmup_steps: 100 }", ""},
        Change{"schedule { cosine {} }", ""},
        Change{"schedule { plateau { factor: 0.5 patience_epochs: 2 } }", ""},
        Change{"schedule { step { factor: 0.1 } }",
               "schedule.step.every_epochs: expected a whole number from 1 to 10000, got 0"},
        Change{"schedule { step { every_epochs: 1 factor: 1 } }",
               "schedule.step.factor: expected a number in (0, 1), got 1"},
        Change{"schedule { cosine { end_fraction: 1 } }",
               "schedule.cosine.end_fraction: expected a number in [0, 1), got 1"},
        Change{"schedule { plateau { patience_epochs: 2 } }",
               "schedule.plateau.factor: expected a number in (0, 1), got 0"},
        Change{"schedule { plateau { factor: 0.5 } }",
               "schedule.plateau.patience_epochs: expected a whole number from 1 to 10000, got 0"},
        Change{"schedule { plateau { factor: 0.5 patience_epochs: 1 threshold_fraction: 1 } }",
               "schedule.plateau.threshold_fraction: expected a number in [0, 1), got 1"},
        Change{"schedule { plateau { factor: 0.5 patience_epochs: 1 min_learning_rate: -1 } }",
               "schedule.plateau.min_learning_rate: expected a finite number >= 0, got -1"},
        Change{"schedule { constant {} warmup_steps: -1 }",
               "schedule.warmup_steps: expected a whole number from 0 to 1000000000, got -1"},
        Change{"schedule { one_cycle { warmup_fraction: 0.5 start_divisor: 2 end_divisor: 2 } "
               "warmup_steps: 3 }",
               "schedule.warmup_steps: expected none with one_cycle, which has its own warm-up, "
               "got 3"}));

INSTANTIATE_TEST_SUITE_P(
    Updates, OfClasses,
    testing::Values(
        Change{"gradient_clipping { max_norm: 1 } accumulate_batches: 4", ""},
        Change{"gradient_clipping { max_value: 0.5 }", ""},
        Change{"gradient_clipping {}",
               "gradient_clipping: expected one of max_norm, max_value, got none"},
        Change{"gradient_clipping { max_norm: 0 }",
               "gradient_clipping.max_norm: expected a finite number > 0, got 0"},
        Change{"gradient_clipping { max_value: inf }",
               "gradient_clipping.max_value: expected a finite number > 0, got inf"},
        Change{"accumulate_batches: 0",
               "accumulate_batches: expected a whole number from 1 to 2147483647, got 0"}));

INSTANTIATE_TEST_SUITE_P(
    Measures, OfClasses,
    testing::Values(
        Change{"metrics { top_k_accuracy: 5 } metrics { confusion_matrix {} } "
               "metrics { precision_recall {} }",
               ""},
        Change{"early_stopping { patience_epochs: 3 min_change: 0.001 }", ""},
        Change{"batch_norm_recalibration_batches: 50", ""},
        Change{"metrics {}",
               "metrics[0]: expected one of top_k_accuracy, confusion_matrix, precision_recall, "
               "mean_absolute_error, root_mean_squared_error, got none"},
        Change{"metrics { top_k_accuracy: 1 }",
               "metrics[0].top_k_accuracy: expected a whole number from 2 to 10, got 1"},
        Change{"metrics { top_k_accuracy: 3 } metrics { top_k_accuracy: 11 }",
               "metrics[1].top_k_accuracy: expected a whole number from 2 to 10, got 11"},
        Change{"metrics { confusion_matrix {} } metrics { confusion_matrix {} }",
               "metrics[1]: expected each metric once, got that of metrics[0] again"},
        Change{"metrics { mean_absolute_error {} }",
               "metrics[0].mean_absolute_error: expected a loss for values (mean_squared_error, "
               "huber, half_squared_error) with it, got cross_entropy"},
        Change{"selection { metric: SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR }",
               "selection.metric: expected a loss for values (mean_squared_error, huber, "
               "half_squared_error) with it, got cross_entropy"},
        Change{"early_stopping {}",
               "early_stopping.patience_epochs: expected a whole number from 1 to 10000, got 0"},
        Change{"early_stopping { patience_epochs: 1 min_change: -1 }",
               "early_stopping.min_change: expected a finite number >= 0, got -1"},
        Change{"batch_norm_recalibration_batches: -1",
               "batch_norm_recalibration_batches: expected a whole number from 0 to 100000, got "
               "-1"}));

// Two values in, two values out, of rows in the recipe itself.
v1::Recipe RecipeOfRows() {
  return Merged(RecipeOfNetwork("input { channels: 1 height: 1 width: 2 } layers { flatten {} } "
                                "layers { linear { out_features: 2 } }"),
                R"pb(
                  name: "rows"
                  data {
                    rows {
                      inputs: [ 0.05, 0.1 ]
                      targets: [ 0.01, 0.99 ]
                    }
                  }
                  loss { half_squared_error {} }
                  optimizer { sgd { learning_rate: 0.5 } }
                  epoch_count: 1
                  batch_size: 1
                  selection { metric: SELECTION_METRIC_LOSS }
                  float64: true
                )pb");
}

class OfValues : public testing::TestWithParam<Change> {};

TEST_P(OfValues, AreChecked) { ExpectAnswer(RecipeOfRows(), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Losses, OfValues,
    testing::Values(
        Change{"", ""}, Change{"loss { mean_squared_error {} }", ""},
        Change{"loss { huber { delta: 2 } }", ""},
        Change{"loss { binary_cross_entropy { positive_weights: [1, 3] } }", ""},
        Change{"loss { huber { delta: 0 } }",
               "loss.huber.delta: expected a finite number > 0, got 0"},
        Change{"loss { binary_cross_entropy { positive_weights: [1, 3, 2] } }",
               "loss.binary_cross_entropy.positive_weights: expected one weight for each output "
               "of the network (2), got 3"},
        Change{"selection { metric: SELECTION_METRIC_MEAN_ABSOLUTE_ERROR }", ""},
        Change{"metrics { mean_absolute_error {} } metrics { root_mean_squared_error {} }", ""},
        Change{"loss { binary_cross_entropy {} } selection { metric: SELECTION_METRIC_ACCURACY }",
               ""},
        Change{"selection { metric: SELECTION_METRIC_ACCURACY }",
               "selection.metric: expected SELECTION_METRIC_LOSS, "
               "SELECTION_METRIC_MEAN_ABSOLUTE_ERROR or "
               "SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR with a loss for values, got "
               "SELECTION_METRIC_ACCURACY"},
        Change{"metrics { top_k_accuracy: 2 }",
               "metrics[0].top_k_accuracy: expected a loss for classes (cross_entropy) with it, "
               "got half_squared_error"}));

INSTANTIATE_TEST_SUITE_P(
    Rows, OfValues,
    testing::Values(
        Change{"data { rows { inputs: [1, 2] targets: [3, 4] } }", ""},
        Change{"data { rows { inputs: [1, 2, 3] targets: [3, 4] } }",
               "data.rows[1].inputs: expected 2 values, those of network.input [1, 1, 2], got 3"},
        Change{"data { rows { inputs: [1, inf] targets: [3, 4] } }",
               "data.rows[1].inputs[1]: expected a finite number, got inf"},
        Change{"data { rows { inputs: [1, 2] targets: [3] } }",
               "data.rows[1].targets: expected 2 values, as many as the network puts out, got 1"},
        Change{"data { rows { inputs: [1, 2] targets: [3, nan] } }",
               "data.rows[1].targets[1]: expected a finite number, got nan"},
        Change{
            "loss { binary_cross_entropy {} } data { rows { inputs: [1, 2] targets: [0, 1.5] } }",
            "data.rows[1].targets[1]: expected a number in [0, 1], got 1.5"},
        Change{"data { dataset: \"mnist\" }",
               "data.dataset: expected nothing beside data.rows, got a value"},
        Change{"data { normalization {} }",
               "data.normalization: expected nothing beside data.rows, got a value"},
        Change{"batch_size: 2", "batch_size: expected at most 1, the number of data.rows, got 2"}));

TEST(InlineRows, OfClassesHaveOneWholeNumberAsTheirTarget) {
  v1::Recipe recipe = Merged(RecipeOfRows(), "loss { cross_entropy {} }");
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "data.rows[0].targets: expected one whole number from 0 to 1, the class, as the loss "
            "is for classes, got [0.01, 0.99]");
  for (const double bad : {0.5, 2.0, -1.0}) {
    recipe.mutable_data()->mutable_rows(0)->clear_targets();
    recipe.mutable_data()->mutable_rows(0)->add_targets(bad);
    EXPECT_THAT(MessageOf(ValidateRecipe(recipe)), HasSubstr("data.rows[0].targets: expected one"));
  }
  recipe.mutable_data()->mutable_rows(0)->set_targets(0, 1);
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
}

TEST(InlineRows, AreAtMostAThousand) {
  v1::Recipe recipe = RecipeOfRows();
  while (recipe.data().rows_size() < 1001)
    *recipe.mutable_data()->add_rows() = recipe.data().rows(0);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)), "data.rows: expected at most 1000 rows, got 1001");
}

TEST(Float64, LeavesNoChoiceOfPrecision) {
  v1::Execution execution;
  EXPECT_TRUE(ValidateTogether(RecipeOfRows(), execution).ok());
  execution.set_precision(v1::PRECISION_BF16);
  EXPECT_EQ(MessageOf(ValidateTogether(RecipeOfRows(), execution)),
            "execution.precision: expected none, as the recipe's float64 leaves no choice, got "
            "PRECISION_BF16");
  EXPECT_TRUE(ValidateTogether(ShippedRecipe("s4"), execution).ok());
}

}  // namespace
}  // namespace traind
