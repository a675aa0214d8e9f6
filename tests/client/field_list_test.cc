#include "client/trainctl/field_list.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "traind/v1/recipe.pb.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Recipe ReadRecipe(const std::string& text) {
  v1::Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &recipe)) << text;
  return recipe;
}

std::vector<std::string> Lines(const v1::Recipe& recipe) {
  std::vector<std::string> lines;
  for (const FieldValue& field : ListFields(recipe)) {
    lines.push_back(absl::StrCat(field.path, "=", field.value));
  }
  return lines;
}

std::vector<std::string> Differences(const std::vector<std::string>& recipes) {
  std::vector<std::vector<FieldValue>> lists;
  for (const std::string& recipe : recipes) lists.push_back(ListFields(ReadRecipe(recipe)));
  std::vector<std::string> lines;
  for (const FieldDifference& difference : FieldDifferences(lists)) {
    std::string line = difference.path;
    for (const std::string& value : difference.values) absl::StrAppend(&line, " | ", value);
    lines.push_back(line);
  }
  return lines;
}

TEST(ListFields, PathsAndValuesAreAsSetTakesThem) {
  const v1::Recipe recipe = ReadRecipe(R"(
      name: "s4"
      network { layers { relu {} } layers { dropout { probability: 0.1 } } }
      optimizer { sgd { learning_rate: 0.05 nesterov: true } }
      selection { metric: SELECTION_METRIC_ACCURACY })");
  EXPECT_THAT(
      Lines(recipe),
      ElementsAre("name=\"s4\"", "network.layers[0].relu={}",
                  "network.layers[1].dropout.probability=0.1", "optimizer.sgd.learning_rate=0.05",
                  "optimizer.sgd.nesterov=true", "selection.metric=SELECTION_METRIC_ACCURACY"));
}

TEST(ListFields, NumbersOfAListAreOneValue) {
  EXPECT_THAT(Lines(ReadRecipe("data { normalization { mean: [0.1307, 2] } }")),
              ElementsAre("data.normalization.mean=[0.1307, 2]"));
}

TEST(ListFields, ZeroThatWasSetIsListed) {
  EXPECT_THAT(Lines(ReadRecipe("network { layers { batch_norm2d { momentum: 0 } } }")),
              ElementsAre("network.layers[0].batch_norm2d.momentum=0"));
}

TEST(FieldDifferences, EqualRecipesHaveNone) {
  EXPECT_THAT(Differences({"batch_size: 64", "batch_size: 64"}), IsEmpty());
}

TEST(FieldDifferences, ValuesStandSideBySide) {
  EXPECT_THAT(
      Differences({"batch_size: 64 seed: 1", "batch_size: 32 seed: 1", "batch_size: 64 seed: 1"}),
      ElementsAre("batch_size | 64 | 32 | 64"));
}

TEST(FieldDifferences, FieldThatIsSetInOneAloneIsEmptyElsewhere) {
  EXPECT_THAT(Differences({"seed: 7", ""}), ElementsAre("seed | 7 | "));
  EXPECT_THAT(Differences({"", "seed: 7"}), ElementsAre("seed |  | 7"));
}

TEST(FieldDifferences, OtherKindOfALayerIsTwoFields) {
  EXPECT_THAT(Differences({"network { layers { relu {} } }", "network { layers { gelu {} } }"}),
              ElementsAre("network.layers[0].gelu |  | {}", "network.layers[0].relu | {} | "));
}

TEST(ShortPaths, LastPartIsEnoughWhereItIsAlone) {
  EXPECT_THAT(ShortPaths({"optimizer.sgd.learning_rate", "batch_size"}),
              ElementsAre("learning_rate", "batch_size"));
}

TEST(ShortPaths, AsManyPartsAsTellItFromTheOthers) {
  EXPECT_THAT(ShortPaths({"network.layers[1].dropout.probability",
                          "network.layers[4].dropout.probability"}),
              ElementsAre("layers[1].dropout.probability", "layers[4].dropout.probability"));
}

}  // namespace
}  // namespace traind
