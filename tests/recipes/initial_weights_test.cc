#include "server/recipes/initial_weights.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

v1::Recipe RecipeWith(const std::string& weights) {
  v1::Recipe recipe = RecipeOfNetwork(R"(
    input { channels: 1 height: 4 width: 4 }
    layers { conv2d { out_channels: 2 kernel_size: 3 bias: false } }
    layers { batch_norm2d {} }
    layers { flatten {} }
    layers { linear { out_features: 3 } })");
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(weights, recipe.mutable_initial_weights()))
      << weights;
  return recipe;
}

SafetensorsEntry Tensor(const std::string& name, std::vector<int64_t> shape,
                        const std::string& type = "F32") {
  return {name, type, std::move(shape), {}};
}

// Those of the recipe above, as a module with `layers` names them.
std::vector<SafetensorsEntry> AllTensors() {
  return {Tensor("layers.0.weight", {2, 1, 3, 3}),
          Tensor("layers.1.weight", {2}),
          Tensor("layers.1.bias", {2}),
          Tensor("layers.1.running_mean", {2}),
          Tensor("layers.1.running_var", {2}),
          Tensor("layers.3.weight", {3, 8}),
          Tensor("layers.3.bias", {3}),
          Tensor("layers.1.num_batches_tracked", {}, "I64")};
}

std::string Misfit(const std::vector<SafetensorsEntry>& entries, const std::string& weights = "") {
  const auto matched = MatchInitialWeights(RecipeWith(weights), "s4@3", entries);
  EXPECT_EQ(matched.status().code(), absl::StatusCode::kInvalidArgument);
  return MessageOf(matched.status());
}

struct WeightsCase {
  const char* text;
  const char* message;  // empty: they are valid
};

class WeightsFields : public testing::TestWithParam<WeightsCase> {};

TEST_P(WeightsFields, AreChecked) {
  const absl::Status status = ValidateInitialWeights(RecipeWith(GetParam().text));
  EXPECT_EQ(MessageOf(status), GetParam().message);
}

constexpr char kNoVersion[] =
    "initial_weights.model: expected a model and its version or an alias, such as `s4@7` or "
    "`s4@production`, got ";

INSTANTIATE_TEST_SUITE_P(
    InitialWeights, WeightsFields,
    testing::Values(
        WeightsCase{"model: 's4@3'", ""}, WeightsCase{"model: 's4@production'", ""},
        WeightsCase{"safetensors: 'resnet-9_b.safetensors' new_layers: 'layers.3'", ""},
        WeightsCase{"", "initial_weights: expected one of model, safetensors, got none"},
        WeightsCase{
            "safetensors: '../secret.safetensors'",
            "initial_weights.safetensors: expected the name of a file in the datasets folder: "
            "1 to 63 letters, digits, `-` and `_`, then `.safetensors`, got "
            "`../secret.safetensors`"},
        WeightsCase{
            "safetensors: 'net.pt'",
            "initial_weights.safetensors: expected the name of a file in the datasets folder: "
            "1 to 63 letters, digits, `-` and `_`, then `.safetensors`, got `net.pt`"},
        WeightsCase{
            "model: 's4@3' new_layers: ''",
            "initial_weights.new_layers[0]: expected a layer, such as `layers.0`, got nothing"},
        WeightsCase{"model: 's4@3' sha256: 'X'",
                    "initial_weights.sha256: expected 64 lower-case hexadecimal digits, got `X`"}));

TEST(InitialWeights, NameAVersionOrAnAlias) {
  EXPECT_EQ(ParseVersionReference("s4@12")->model, "s4");
  EXPECT_EQ(ParseVersionReference("s4@12")->version, 12);
  EXPECT_EQ(ParseVersionReference("s4@production")->alias, "production");
  EXPECT_EQ(ParseVersionReference("s4@production")->version, 0);
  for (const char* bad : {"", "s4", "s4@", "@3", "s4@0", "s4@-1", "s4@a b", "../s4@3", "s4@3@4"}) {
    EXPECT_EQ(MessageOf(ParseVersionReference(bad).status()),
              std::string(kNoVersion) + "`" + bad + "`");
  }
}

TEST(InitialWeights, MatchByNamesOfTheModuleOrOfTheSequentialAlone) {
  const v1::Recipe recipe = RecipeWith("model: 's4@3'");
  std::vector<SafetensorsEntry> entries = AllTensors();
  for (const bool of_sequential : {false, true}) {
    if (of_sequential) {
      for (SafetensorsEntry& entry : entries) entry.name = entry.name.substr(7);
    }
    const auto matched = MatchInitialWeights(recipe, "s4@3", entries);
    ASSERT_TRUE(matched.ok()) << matched.status();
    EXPECT_THAT(matched->taken,
                ElementsAre(Pair("layers.0.weight", 0), Pair("layers.1.weight", 1),
                            Pair("layers.1.bias", 2), Pair("layers.1.running_mean", 3),
                            Pair("layers.1.running_var", 4), Pair("layers.3.weight", 5),
                            Pair("layers.3.bias", 6)));
    EXPECT_TRUE(matched->left.empty());
  }
}

TEST(InitialWeights, SayByNameWhatDoesNotFit) {
  std::vector<SafetensorsEntry> entries = AllTensors();
  entries[0].shape = {2, 3, 3, 3};
  entries[1].data_type = "I64";
  entries[5].name = "layers.4.weight";
  EXPECT_EQ(Misfit(entries),
            "initial_weights: expected s4@3 to have the network's tensors, got missing: "
            "layers.3.weight [3, 8] of network.layers[3] (linear); other shapes: layers.0.weight "
            "[2, 1, 3, 3] of network.layers[0] (conv2d) is F32 [2, 3, 3, 3], layers.1.weight [2] "
            "of network.layers[1] (batch_norm2d) is I64 [2]; unexpected: `layers.4.weight` "
            "[3, 8]; a layer that shall begin at random is named in new_layers, such as "
            "`layers.0`");
}

TEST(InitialWeights, ListNoMoreThanAMessageHolds) {
  std::vector<SafetensorsEntry> entries = AllTensors();
  for (int i = 10; i < 30; ++i) {
    entries.push_back(Tensor("layers." + std::to_string(i) + "." + std::string(1000, 'x'), {1}));
  }
  entries.push_back(Tensor("layers.9.x", std::vector<int64_t>(1000, 1)));
  const std::string message = Misfit(entries);
  EXPECT_THAT(message, HasSubstr(" and 11 more"));
  EXPECT_LT(message.size(), 3000u);
}

TEST(InitialWeights, LeaveOutLayersThatAreNewAndWhatTheFileHasOfThem) {
  std::vector<SafetensorsEntry> entries = AllTensors();
  entries[5] = Tensor("layers.3.weight", {10, 8});
  entries[6] = Tensor("layers.3.bias", {10});
  entries.push_back(Tensor("layers.4.weight", {1}));
  const auto matched = MatchInitialWeights(
      RecipeWith("new_layers: 'layers.3' new_layers: 'layers.4.weight'"), "s4@3", entries);
  ASSERT_TRUE(matched.ok()) << matched.status();
  EXPECT_EQ(matched->taken.size(), 5u);
  EXPECT_THAT(matched->left, ElementsAre("layers.3.weight", "layers.3.bias"));
}

TEST(InitialWeights, RefuseNewLayersThatAreNotThereOrAreAll) {
  EXPECT_EQ(Misfit(AllTensors(), "new_layers: 'layers.3' new_layers: 'layers'  new_layers: 'head'"),
            "initial_weights.new_layers[2]: expected a layer with tensors, such as `layers.0`, or "
            "the name of a tensor, got `head`");
  EXPECT_THAT(Misfit(AllTensors(), "new_layers: 'layers.2'"), HasSubstr("new_layers[0]"));
  EXPECT_EQ(Misfit(AllTensors(), "new_layers: 'layers'"),
            "initial_weights.new_layers: expected layers that leave some to begin with the file, "
            "got all of them");
}

}  // namespace
}  // namespace traind
