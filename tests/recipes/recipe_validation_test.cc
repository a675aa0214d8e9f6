#include "server/recipes/recipe_validation.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_text.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::HasSubstr;

struct BadField {
  const char* path;
  const char* value;
  const char* message;
};

// One change to the shipped recipe, and what validation says to it.
class ChangedRecipe : public testing::TestWithParam<BadField> {};

TEST_P(ChangedRecipe, IsRefusedWithPathExpectedAndGot) {
  v1::Recipe recipe = ShippedRecipe("s4");
  const absl::Status changed = ApplyOverride(GetParam().path, GetParam().value, recipe);
  ASSERT_TRUE(changed.ok()) << changed;
  const absl::Status status = ValidateRecipe(recipe);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Counts, ChangedRecipe,
    testing::Values(
        BadField{"epoch_count", "0", "epoch_count: expected a whole number from 1 to 10000, got 0"},
        BadField{"epoch_count", "10001",
                 "epoch_count: expected a whole number from 1 to 10000, got 10001"},
        BadField{"batch_size", "0",
                 "batch_size: expected a whole number from 1 to 2147483647, got 0"},
        BadField{"batch_size", "-64",
                 "batch_size: expected a whole number from 1 to 2147483647, got -64"},
        BadField{"ema.every_steps", "0",
                 "ema.every_steps: expected a whole number from 1 to 2147483647, got 0"},
        BadField{"data.augmentation.shift_pixels", "-1",
                 "data.augmentation.shift_pixels: expected a whole number from 0 to 16, got -1"},
        BadField{"initial_weights", "{}",
                 "initial_weights: expected one of model, safetensors, got none"},
        BadField{"data.augmentation.shift_pixels", "17",
                 "data.augmentation.shift_pixels: expected a whole number from 0 to 16, got 17"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, ChangedRecipe,
    testing::Values(
        BadField{"optimizer.sgd.learning_rate", "nan",
                 "optimizer.sgd.learning_rate: expected a finite number > 0, got nan"},
        BadField{"optimizer.sgd.learning_rate", "inf",
                 "optimizer.sgd.learning_rate: expected a finite number > 0, got inf"},
        BadField{"optimizer.sgd.learning_rate", "0",
                 "optimizer.sgd.learning_rate: expected a finite number > 0, got 0"},
        BadField{"optimizer.sgd.learning_rate", "-0.1",
                 "optimizer.sgd.learning_rate: expected a finite number > 0, got -0.1"},
        BadField{"optimizer.sgd.momentum", "1",
                 "optimizer.sgd.momentum: expected a number in [0, 1), got 1"},
        BadField{"optimizer.sgd.momentum", "0",
                 "optimizer.sgd.nesterov: expected optimizer.sgd.momentum > 0 with it, got "
                 "momentum 0"},
        BadField{"optimizer.sgd.weight_decay", "-1e-4",
                 "optimizer.sgd.weight_decay: expected a finite number >= 0, got -0.0001"},
        BadField{"loss.cross_entropy.label_smoothing", "1",
                 "loss.cross_entropy.label_smoothing: expected a number in [0, 1), got 1"},
        BadField{"ema.decay", "1", "ema.decay: expected a number in (0, 1), got 1"},
        BadField{"ema.decay", "0", "ema.decay: expected a number in (0, 1), got 0"},
        BadField{"schedule.one_cycle.warmup_fraction", "1",
                 "schedule.one_cycle.warmup_fraction: expected a number in (0, 1), got 1"},
        BadField{"schedule.one_cycle.start_divisor", "0.5",
                 "schedule.one_cycle.start_divisor: expected a finite number >= 1, got 0.5"},
        BadField{"schedule.one_cycle.end_divisor", "inf",
                 "schedule.one_cycle.end_divisor: expected a finite number >= 1, got inf"},
        BadField{"data.normalization.mean[0]", "nan",
                 "data.normalization.mean[0]: expected a finite number, got nan"},
        BadField{"data.normalization.standard_deviation[0]", "0",
                 "data.normalization.standard_deviation[0]: expected a finite number > 0, got 0"},
        BadField{"data.normalization.mean", "[0.1, 0.2]",
                 "data.normalization.mean: expected one value per channel or feature of "
                 "network.input (1), got 2"},
        BadField{"data.standardize", "true",
                 "data.standardize: expected it, or data.normalization, got both"},
        BadField{"data.dataset_sha256", "\"abc\"",
                 "data.dataset_sha256: expected 64 lower-case hexadecimal digits, got `abc`"},
        BadField{"data.normalization.standard_deviation", "[]",
                 "data.normalization.standard_deviation: expected one value per channel or "
                 "feature of network.input (1), got 0"}));

INSTANTIATE_TEST_SUITE_P(
    Kinds, ChangedRecipe,
    testing::Values(
        BadField{"loss", "{}",
                 "loss: expected one of cross_entropy, mean_squared_error, huber, "
                 "binary_cross_entropy, half_squared_error, got none"},
        BadField{"optimizer", "{}",
                 "optimizer: expected one of sgd, adam, adamw, rmsprop, got none"},
        BadField{"schedule", "{}",
                 "schedule: expected one of constant, one_cycle, step, cosine, plateau, got none"},
        BadField{"selection", "{}",
                 "selection.metric: expected SELECTION_METRIC_ACCURACY, SELECTION_METRIC_LOSS, "
                 "SELECTION_METRIC_MEAN_ABSOLUTE_ERROR or "
                 "SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR, got none"}));

INSTANTIATE_TEST_SUITE_P(
    Names, ChangedRecipe,
    testing::Values(
        BadField{"name", "S4",
                 "name: expected 1 to 63 lower-case letters, digits and `-`, a letter or digit "
                 "first, got `S4`"},
        BadField{"name", "",
                 "name: expected 1 to 63 lower-case letters, digits and `-`, a letter or digit "
                 "first, got none"},
        BadField{"name", "-s4",
                 "name: expected 1 to 63 lower-case letters, digits and `-`, a letter or digit "
                 "first, got `-s4`"},
        BadField{"data.dataset", "../etc",
                 "data.dataset: expected 1 to 63 letters, digits, `-` and `_`, a letter or digit "
                 "first, got `../etc`"},
        BadField{"data.train_split", "a b",
                 "data.train_split: expected 1 to 63 letters, digits, `-` and `_`, a letter or "
                 "digit first, got `a b`"},
        BadField{"data.eval_split", "",
                 "data.eval_split: expected 1 to 63 letters, digits, `-` and `_`, a letter or "
                 "digit first, got none"}));

INSTANTIATE_TEST_SUITE_P(
    Layers, ChangedRecipe,
    testing::Values(
        BadField{"network.layers[7].dropout.probability", "1",
                 "network.layers[7].dropout.probability: expected a number in [0, 1), got 1"},
        BadField{"network.layers[7].dropout.probability", "nan",
                 "network.layers[7].dropout.probability: expected a number in [0, 1), got nan"},
        BadField{"network.layers[2].batch_norm2d.epsilon", "0",
                 "network.layers[2].batch_norm2d.epsilon: expected a finite number > 0, got 0"},
        BadField{"network.layers[2].batch_norm2d.momentum", "0",
                 "network.layers[2].batch_norm2d.momentum: expected a number in (0, 1], got 0"},
        BadField{"network.layers[17].linear.out_features", "1",
                 "network.layers[17] (linear): expected the last layer to put out [classes], at "
                 "least 2 of them, got [1]"},
        BadField{"network.layers[3].conv2d.kernel_size", "25",
                 "network.layers[3] (conv2d): kernel 25 does not fit the input [32, 24, 24] with "
                 "padding 0; use a kernel of at most 24"}));

TEST(ValidateRecipe, LastLayerMustNotPutOutAMap) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.mutable_network()->mutable_layers()->DeleteSubrange(15, 3);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "network.layers[14] (adaptive_avg_pool2d): expected the last layer to put out "
            "[classes], at least 2 of them, got [64, 1, 1]");
}

TEST(ValidateRecipe, BatchNormNeedsMoreThanOneValuePerChannel) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.mutable_network()->mutable_layers(15)->mutable_batch_norm2d();
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
  recipe.set_batch_size(1);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "network.layers[15] (batch_norm2d): expected more than one value per channel, got "
            "one place with batch_size 1; use a larger batch");
}

TEST(ValidateRecipe, ShiftStaysBelowTheImage) {
  v1::Recipe recipe = RecipeOfNetwork(
      "input { channels: 1 height: 3 width: 9 } layers { flatten {} } "
      "layers { linear { out_features: 2 } }");
  v1::Recipe whole = ShippedRecipe("s4");
  *whole.mutable_network() = recipe.network();
  EXPECT_TRUE(ValidateRecipe(whole).ok());
  whole.mutable_data()->mutable_augmentation()->set_shift_pixels(3);
  EXPECT_THAT(MessageOf(ValidateRecipe(whole)), HasSubstr("from 0 to 2, got 3"));
}

TEST(ValidateRecipe, RequiredMessagesMustBeThere) {
  v1::Recipe without_data = ShippedRecipe("s4");
  without_data.clear_data();
  EXPECT_EQ(MessageOf(ValidateRecipe(without_data)), "data: expected it to be set, got nothing");
  v1::Recipe without_network = ShippedRecipe("s4");
  without_network.clear_network();
  EXPECT_EQ(MessageOf(ValidateRecipe(without_network)),
            "network: expected it to be set, got nothing");
}

TEST(ValidateRecipe, WhatIsOptionalMayBeAbsent) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.clear_description();
  recipe.clear_schedule();
  recipe.clear_ema();
  recipe.clear_seed();
  recipe.mutable_data()->clear_normalization();
  recipe.mutable_data()->clear_augmentation();
  EXPECT_TRUE(ValidateRecipe(recipe).ok()) << ValidateRecipe(recipe);
}

TEST(ValidateRecipe, DescriptionIsShortUtf8) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.set_description("Ziffern für alle: 數字 😀");
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80"}) {
    recipe.set_description(bad);
    EXPECT_THAT(MessageOf(ValidateRecipe(recipe)), HasSubstr("description: expected UTF-8"));
  }
  recipe.set_description(std::string(4097, 'a'));
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "description: expected at most 4096 bytes, got 4097");
}

TEST(ValidateRecipe, UnknownEnumNumberIsRefused) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.mutable_selection()->set_metric(static_cast<v1::SelectionMetric>(9));
  EXPECT_THAT(MessageOf(ValidateRecipe(recipe)), HasSubstr("selection.metric: "));
}

TEST(ValidateRecipe, NameOf63CharactersIsTheLongest) {
  v1::Recipe recipe = ShippedRecipe("s4");
  recipe.set_name(std::string(63, 'a'));
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
  recipe.set_name(std::string(64, 'a'));
  EXPECT_FALSE(ValidateRecipe(recipe).ok());
}

}  // namespace
}  // namespace traind
