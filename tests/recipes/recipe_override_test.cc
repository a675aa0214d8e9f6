#include <cmath>
#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_text.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::Recipe Changed(const std::string& path, const std::string& value) {
  v1::Recipe recipe = ShippedRecipe("s4");
  const absl::Status status = ApplyOverride(path, value, recipe);
  EXPECT_TRUE(status.ok()) << status;
  return recipe;
}

TEST(ApplyOverride, SetsANumberInsideMessages) {
  EXPECT_EQ(Changed("optimizer.sgd.learning_rate", "0.05").optimizer().sgd().learning_rate(), 0.05);
}

TEST(ApplyOverride, SetsWholeNumbers) {
  EXPECT_EQ(Changed("epoch_count", "3").epoch_count(), 3);
  EXPECT_EQ(Changed("seed", "-9223372036854775808").seed(), INT64_MIN);
}

TEST(ApplyOverride, SetsABool) {
  EXPECT_FALSE(Changed("optimizer.sgd.nesterov", "false").optimizer().sgd().nesterov());
}

TEST(ApplyOverride, SetsTextWithAndWithoutQuotes) {
  EXPECT_EQ(Changed("name", "mine").name(), "mine");
  EXPECT_EQ(Changed("name", "\"mine\"").name(), "mine");
  EXPECT_EQ(Changed("description", "it's ü \"x\" \\").description(), "it's ü \"x\" \\");
  EXPECT_EQ(Changed("description", "").description(), "");
}

TEST(ApplyOverride, SetsAnEnumByFullOrShortName) {
  for (const char* value : {"SELECTION_METRIC_LOSS", "loss", "LOSS"}) {
    EXPECT_EQ(Changed("selection.metric", value).selection().metric(), v1::SELECTION_METRIC_LOSS);
  }
}

TEST(ApplyOverride, SetsAFieldOfAListElement) {
  const v1::Recipe recipe = Changed("network.layers[7].dropout.probability", "0.2");
  EXPECT_EQ(recipe.network().layers(7).dropout().probability(), 0.2);
  EXPECT_EQ(recipe.network().layers_size(), 18);
}

TEST(ApplyOverride, SetsOneNumberOfAList) {
  const v1::Recipe recipe = Changed("data.normalization.mean[0]", "0.5");
  ASSERT_EQ(recipe.data().normalization().mean_size(), 1);
  EXPECT_EQ(recipe.data().normalization().mean(0), 0.5);
}

TEST(ApplyOverride, ReplacesAWholeList) {
  const v1::Recipe recipe = Changed("data.normalization.mean", "[0.1, 0.2]");
  EXPECT_THAT(recipe.data().normalization().mean(), testing::ElementsAre(0.1, 0.2));
}

TEST(ApplyOverride, FieldInsideAOneofSelectsThatKind) {
  EXPECT_TRUE(Changed("schedule.constant", "{}").schedule().has_constant());
  v1::Recipe recipe = ShippedRecipe("s4-classic");
  ASSERT_TRUE(ApplyOverride("schedule.one_cycle.end_divisor", "9", recipe).ok());
  EXPECT_EQ(recipe.schedule().kind_case(), v1::Schedule::kOneCycle);
  EXPECT_EQ(recipe.schedule().one_cycle().end_divisor(), 9);
}

TEST(ApplyOverride, WholeMessageReplacesTheOldOne) {
  const v1::Recipe recipe = Changed("optimizer.sgd", "{ learning_rate: 0.5 }");
  EXPECT_EQ(recipe.optimizer().sgd().learning_rate(), 0.5);
  EXPECT_EQ(recipe.optimizer().sgd().momentum(), 0);
}

TEST(ApplyOverride, WholeListElementIsReplacedInPlace) {
  const v1::Recipe recipe = Changed("network.layers[7]", "{ relu {} }");
  EXPECT_TRUE(recipe.network().layers(7).has_relu());
  EXPECT_TRUE(recipe.network().layers(8).has_conv2d());
  EXPECT_EQ(recipe.network().layers_size(), 18);
}

TEST(ApplyOverride, LeavesRangesToValidation) {
  EXPECT_TRUE(
      std::isnan(Changed("optimizer.sgd.learning_rate", "nan").optimizer().sgd().learning_rate()));
  EXPECT_EQ(Changed("batch_size", "-1").batch_size(), -1);
}

struct BadOverride {
  const char* name;
  const char* path;
  const char* value;
  const char* message;
};

class RefusedOverride : public testing::TestWithParam<BadOverride> {};

TEST_P(RefusedOverride, SaysWhatWouldBeRightAndChangesNothing) {
  v1::Recipe recipe = ShippedRecipe("s4");
  const absl::Status status = ApplyOverride(GetParam().path, GetParam().value, recipe);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), GetParam().message);
  EXPECT_TRUE(MessageDifferencer::Equals(recipe, ShippedRecipe("s4")));
}

INSTANTIATE_TEST_SUITE_P(
    Paths, RefusedOverride,
    testing::Values(
        BadOverride{"UnknownAtTheTop", "epochs", "3",
                    "epochs: no field `epochs` in Recipe; valid names: name, description, data, "
                    "network, loss, optimizer, schedule, ema, epoch_count, batch_size, seed, "
                    "selection, gradient_clipping, accumulate_batches, early_stopping, "
                    "batch_norm_recalibration_batches, metrics, float64, initial_weights"},
        BadOverride{"UnknownInside", "optimizer.sgd.lr", "3",
                    "optimizer.sgd.lr: no field `lr` in Sgd; valid names: learning_rate, momentum, "
                    "nesterov, weight_decay"},
        BadOverride{"UnknownInTheMiddle", "optimizer.lion.beta1", "3",
                    "optimizer.lion: no field `lion` in Optimizer; valid names: sgd, adam, adamw, "
                    "rmsprop"},
        BadOverride{"NothingInside", "network.layers[1].relu.x", "3",
                    "network.layers[1].relu.x: no field `x` in Relu; valid names: none"},
        BadOverride{"ThroughANumber", "seed.x", "3",
                    "seed: has no fields inside; it takes a whole number from "
                    "-9223372036854775808 to 9223372036854775807"},
        BadOverride{"ListWithoutIndex", "network.layers.relu", "{}",
                    "network.layers: is a list; say which element, such as network.layers[0]"},
        BadOverride{"IndexPastTheEnd", "network.layers[18].relu", "{}",
                    "network.layers[18]: expected an index from 0 to 17, got 18"},
        BadOverride{"IndexOfNoList", "seed[0]", "3",
                    "seed[0]: `seed` is not a list; leave the index out"},
        BadOverride{"EmptyPart", "optimizer..sgd", "3",
                    "field path `optimizer..sgd`: expected names joined by dots, such as "
                    "optimizer.sgd.learning_rate or network.layers[4].dropout, got `` as a part"},
        BadOverride{"NegativeIndex", "network.layers[-1]", "3",
                    "field path `network.layers[-1]`: expected names joined by dots, such as "
                    "optimizer.sgd.learning_rate or network.layers[4].dropout, got `layers[-1]` "
                    "as a part"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Values, RefusedOverride,
    testing::Values(
        BadOverride{"WordForANumber", "optimizer.sgd.learning_rate", "fast",
                    "optimizer.sgd.learning_rate: expected a number, got `fast`"},
        BadOverride{"NothingForANumber", "optimizer.sgd.learning_rate", "",
                    "optimizer.sgd.learning_rate: expected a number, got ``"},
        BadOverride{"FractionForAWholeNumber", "epoch_count", "1.5",
                    "epoch_count: expected a whole number from -2147483648 to 2147483647, got "
                    "`1.5`"},
        BadOverride{"PastInt32", "epoch_count", "2147483648",
                    "epoch_count: expected a whole number from -2147483648 to 2147483647, got "
                    "`2147483648`"},
        BadOverride{"WordForABool", "optimizer.sgd.nesterov", "maybe",
                    "optimizer.sgd.nesterov: expected true or false, got `maybe`"},
        BadOverride{"UnknownEnumValue", "selection.metric", "speed",
                    "selection.metric: expected one of accuracy, loss, mean_absolute_error, "
                    "root_mean_squared_error, got `speed`"},
        BadOverride{"SecondFieldBehindANumber", "batch_size", "3 seed: 4",
                    "batch_size: expected a whole number from -2147483648 to 2147483647, got "
                    "`3 seed: 4`"},
        BadOverride{"SecondFieldBehindAList", "data.normalization.mean",
                    "[1] standard_deviation: 2",
                    "data.normalization.mean: expected a list [a, b, …], each a number, got "
                    "`[1] standard_deviation: 2`"},
        BadOverride{"NumberForAMessage", "loss.cross_entropy", "3",
                    "loss.cross_entropy: expected the fields of CrossEntropy as textproto in "
                    "braces, got `3`"},
        BadOverride{"UnclosedQuote", "name", "\"s4",
                    "name: expected a text, bare or in quotes, got `\\\"s4`"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ApplyOverride, OverlongPathIsRefused) {
  v1::Recipe recipe;
  EXPECT_EQ(MessageOf(ApplyOverride(std::string(2000, 'a'), "1", recipe)),
            "field path: expected at most 1024 characters, got 2000");
}

TEST(ApplyOverride, IndexIntoAnEmptyListIsRefused) {
  v1::Recipe recipe;
  EXPECT_EQ(MessageOf(ApplyOverride("network.layers[0]", "{}", recipe)),
            "network.layers[0]: the list is empty");
}

}  // namespace
}  // namespace traind
