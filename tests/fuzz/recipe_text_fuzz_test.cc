// Random damage to recipe text and overrides. What is checked: no crash, every
// refusal is INVALID_ARGUMENT with words, and what is accepted can be printed,
// read back and summarised.
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/recipe_text.h"
#include "server/recipes/recipe_validation.h"
#include "tests/fuzz/mutation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

constexpr uint32_t kSeed = 20240229;
constexpr int kTextMutations = 4000;
constexpr int kOverrideMutations = 20000;

void ExpectRefusalInWords(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(status.message().empty());
}

class MutatedRecipeText : public testing::TestWithParam<const char*> {};

TEST_P(MutatedRecipeText, IsParsedOrRefused) {
  std::mt19937 engine(kSeed);
  std::ifstream file(GetParam());
  const std::string text(std::istreambuf_iterator<char>(file), {});
  ASSERT_TRUE(ValidateRecipe(*ParseRecipe(text, "seed")).ok());
  int parsed = 0;
  for (int i = 0; i < kTextMutations; ++i) {
    const absl::StatusOr<v1::Recipe> recipe = ParseRecipe(Mutate(text, engine), "fuzz");
    if (!recipe.ok()) {
      ExpectRefusalInWords(recipe.status());
      continue;
    }
    ++parsed;
    const absl::Status valid = ValidateRecipe(*recipe);
    if (valid.ok()) {
      EXPECT_TRUE(SummarizeRecipe(*recipe).ok());
    } else {
      ExpectRefusalInWords(valid);
    }
    const absl::StatusOr<v1::Recipe> again = ParseRecipe(PrintRecipe(*recipe), "printed");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*recipe, *again));
  }
  // Edits of comments and names leave some texts whole: both ways are exercised.
  EXPECT_GT(parsed, 0);
  EXPECT_LT(parsed, kTextMutations);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MutatedRecipeText,
                         testing::Values("recipes/s4.textproto",
                                         "tests/fuzz/corpus/recipe_text/layers",
                                         "tests/fuzz/corpus/recipe_text/sequence"));

TEST(MutatedOverride, IsAppliedOrRefusedWithoutATrace) {
  const std::string seeds[][2] = {
      {"optimizer.sgd.learning_rate", "0.05"},
      {"network.layers[7].dropout.probability", "0.2"},
      {"network.layers[7]", "{ relu {} }"},
      {"network.layers[7]", "{ residual { layers { gelu {} } shortcut { relu {} } } }"},
      {"network.layers[17].linear.weight", "{ values { value: [1, 2] } }"},
      {"network.input", "{ channels: 1 length: 28 }"},
      {"data.normalization.mean", "[0.1, 0.2]"},
      {"schedule.one_cycle", "{ warmup_fraction: 0.5 }"},
      {"selection.metric", "accuracy"},
      {"description", "\"some text\""},
  };
  std::mt19937 engine(kSeed);
  const v1::Recipe shipped = ShippedRecipe("s4");
  for (int i = 0; i < kOverrideMutations; ++i) {
    const auto& seed = seeds[engine() % std::size(seeds)];
    const bool of_path = engine() % 2 == 0;
    const std::string path = of_path ? Mutate(seed[0], engine) : seed[0];
    const std::string value = of_path ? seed[1] : Mutate(seed[1], engine);
    v1::Recipe recipe = shipped;
    const absl::Status status = ApplyOverride(path, value, recipe);
    if (status.ok()) {
      ValidateRecipe(recipe).IgnoreError();
      continue;
    }
    ExpectRefusalInWords(status);
    ASSERT_EQ(recipe.SerializeAsString(), shipped.SerializeAsString()) << path;
  }
}

}  // namespace
}  // namespace traind
