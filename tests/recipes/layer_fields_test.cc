// Fields of layers that shapes do not depend on, and what a network needs as a whole.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/layer_validation.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

// The shipped recipe for rows of features, through these layers to logits.
v1::Recipe RecipeOfLayers(const std::string& layers) {
  v1::Recipe recipe = ShippedRecipe("s4");
  *recipe.mutable_network() =
      RecipeOfNetwork("input { features: 4 } layers { linear { out_features: 4 } } " + layers +
                      " layers { linear { out_features: 2 } }")
          .network();
  recipe.mutable_data()->clear_augmentation();
  recipe.mutable_data()->clear_normalization();
  return recipe;
}

struct BadLayer {
  const char* layer;
  const char* message;
};

class LayerFields : public testing::TestWithParam<BadLayer> {};

TEST_P(LayerFields, AreRefusedWithPathExpectedAndGot) {
  const absl::Status status = ValidateRecipe(RecipeOfLayers(GetParam().layer));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, LayerFields,
    testing::Values(
        BadLayer{"layers { batch_norm1d { momentum: 0 } }",
                 "network.layers[1].batch_norm1d.momentum: expected a number in (0, 1], got 0"},
        BadLayer{"layers { batch_norm1d { epsilon: -1 } }",
                 "network.layers[1].batch_norm1d.epsilon: expected a finite number > 0, got -1"},
        BadLayer{"layers { layer_norm { epsilon: nan } }",
                 "network.layers[1].layer_norm.epsilon: expected a finite number > 0, got nan"},
        BadLayer{"layers { group_norm { group_count: 2 epsilon: 0 } }",
                 "network.layers[1].group_norm.epsilon: expected a finite number > 0, got 0"},
        BadLayer{"layers { leaky_relu { negative_slope: -0.5 } }",
                 "network.layers[1].leaky_relu.negative_slope: expected a finite number >= 0, got "
                 "-0.5"},
        BadLayer{"layers { elu { alpha: inf } }",
                 "network.layers[1].elu.alpha: expected a finite number > 0, got inf"},
        BadLayer{"layers { residual { layers { relu {} } layers { dropout { probability: 1 } } } }",
                 "network.layers[1].residual.layers[1].dropout.probability: expected a number in "
                 "[0, 1), got 1"},
        BadLayer{"layers { concat { branches {} branches { layers { elu { alpha: 0 } } } } }",
                 "network.layers[1].concat.branches[1].layers[0].elu.alpha: expected a finite "
                 "number > 0, got 0"}));

INSTANTIATE_TEST_SUITE_P(
    Ways, LayerFields,
    testing::Values(BadLayer{"layers { residual {} }",
                             "network.layers[1].residual.layers: expected at least one layer, got "
                             "none"},
                    BadLayer{"layers { concat { branches {} } }",
                             "network.layers[1].concat.branches: expected at least two, got 1"}));

INSTANTIATE_TEST_SUITE_P(
    Initializers, LayerFields,
    testing::Values(
        BadLayer{"layers { linear { out_features: 4 weight {} } }",
                 "network.layers[1].linear.weight: expected one of kaiming_uniform, "
                 "kaiming_normal, xavier_uniform, xavier_normal, normal, uniform, constant, "
                 "values, got none"},
        BadLayer{"layers { linear { out_features: 4 weight { normal {} } } }",
                 "network.layers[1].linear.weight.normal.standard_deviation: expected a finite "
                 "number > 0, got 0"},
        BadLayer{"layers { linear { out_features: 4 weight { uniform { low: 1 high: 1 } } } }",
                 "network.layers[1].linear.weight.uniform.high: expected a finite number > low, "
                 "got 1"},
        BadLayer{"layers { linear { out_features: 4 weight { constant: inf } } }",
                 "network.layers[1].linear.weight.constant: expected a finite number, got inf"},
        BadLayer{"layers { linear { out_features: 4 weight { values {} } } }",
                 "network.layers[1].linear.weight.values.value: expected 1 to 1000 values, got 0"},
        BadLayer{"layers { linear { out_features: 4 bias_values { values { value: [0, nan, 0, 0] } "
                 "} } }",
                 "network.layers[1].linear.bias_values.values.value[1]: expected a finite number, "
                 "got nan"},
        BadLayer{"layers { linear { out_features: 4 bias_values { xavier_normal {} } } }",
                 "network.layers[1].linear.bias_values: expected one of normal, uniform, constant, "
                 "values for a bias, got one that needs inputs and outputs of a unit"},
        BadLayer{"layers { linear { out_features: 4 bias: false bias_values { constant: 1 } } }",
                 "network.layers[1].linear.bias_values: expected nothing, as bias is false, got an "
                 "initializer"}));

TEST(NetworkOfLayers, OfManyKindsIsValid) {
  const v1::Recipe recipe = RecipeOfLayers(
      "layers { batch_norm1d {} } layers { gelu {} } "
      "layers { residual { layers { linear { out_features: 4 weight { xavier_uniform {} } "
      "bias_values { constant: 0.1 } } frozen: true } layers { tanh {} } } } "
      "layers { concat { branches {} branches { layers { layer_norm {} } layers { elu {} } } } }");
  EXPECT_TRUE(ValidateRecipe(recipe).ok()) << ValidateRecipe(recipe);
}

TEST(NetworkOfLayers, NormalisationHasOneValuePerFeature) {
  v1::Recipe recipe = RecipeOfLayers("");
  for (int i = 0; i < 4; ++i) {
    recipe.mutable_data()->mutable_normalization()->add_mean(i);
    recipe.mutable_data()->mutable_normalization()->add_standard_deviation(1);
  }
  EXPECT_TRUE(ValidateRecipe(recipe).ok()) << ValidateRecipe(recipe);
  recipe.mutable_data()->mutable_normalization()->add_mean(1);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "data.normalization.mean: expected one value per channel or feature of network.input "
            "(4), got 5");
}

TEST(NetworkOfLayers, MustHaveSomethingToTrain) {
  v1::Recipe recipe = RecipeOfLayers("");
  for (v1::Layer& layer : *recipe.mutable_network()->mutable_layers()) layer.set_frozen(true);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "network.layers: expected a layer with weights to train, got frozen ones only");
  *recipe.mutable_network() = RecipeOfNetwork("input { features: 4 } layers { relu {} }").network();
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "network.layers: expected a layer with weights to train, got none");
}

TEST(NetworkOfLayers, BatchNormOfOneRowIsRefusedWhereverItLies) {
  v1::Recipe recipe = RecipeOfLayers(
      "layers { residual { layers { linear { out_features: 4 } } layers { batch_norm1d {} } } }");
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
  recipe.set_batch_size(1);
  EXPECT_EQ(MessageOf(ValidateRecipe(recipe)),
            "network.layers[1].residual.layers[1] (batch_norm1d): expected more than one value per "
            "channel, got one place with batch_size 1; use a larger batch");
  recipe.mutable_network()->mutable_layers(1)->mutable_residual()->mutable_layers(1)->set_frozen(
      true);
  EXPECT_TRUE(ValidateRecipe(recipe).ok());
}

TEST(NetworkOfLayers, BatchNormOfOneRowIsRefusedInTheLastBatchToo) {
  v1::Recipe recipe = RecipeOfLayers("layers { batch_norm1d {} }");
  recipe.set_batch_size(50);
  EXPECT_TRUE(ValidateLastBatch(recipe, 100).ok());
  EXPECT_TRUE(ValidateLastBatch(recipe, 102).ok());
  EXPECT_EQ(MessageOf(ValidateLastBatch(recipe, 101)),
            "batch_size: expected one that does not leave a single row of 101 for the last batch, "
            "as network.layers[1] (batch_norm1d) has one value per channel in it, got 50; use "
            "another batch_size");
  recipe.mutable_network()->mutable_layers(1)->set_frozen(true);
  EXPECT_TRUE(ValidateLastBatch(recipe, 101).ok());
}

}  // namespace
}  // namespace traind
