#include "server/recipes/recipe_text.h"

#include <cmath>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/base/limits.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::HasSubstr;
using testing::StartsWith;

struct BadText {
  const char* name;
  const char* text;
  const char* message;
};

class MalformedRecipe : public testing::TestWithParam<BadText> {};

TEST_P(MalformedRecipe, IsRefusedWithLineAndColumn) {
  const absl::StatusOr<v1::Recipe> recipe = ParseRecipe(GetParam().text, "my.textproto");
  EXPECT_EQ(recipe.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(recipe.status()), StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, MalformedRecipe,
    testing::Values(
        BadText{"UnknownField", "name: \"a\"\n  batchsize: 3", "my.textproto:2:3: "},
        BadText{"UnknownFieldInside", "optimizer { sgd {\n lr: 1 } }", "my.textproto:2:2: "},
        BadText{"WrongKind", "epoch_count: \"ten\"", "my.textproto:1:14: "},
        BadText{"Unclosed", "data {", "my.textproto:1:7: "},
        BadText{"UnclosedString", "name: \"s4\nseed: 1", "my.textproto:1:10: "},
        BadText{"TooLargeNumber", "batch_size: 3000000000", "my.textproto:1:13: "},
        BadText{"TwiceTheSameField", "seed: 1\nseed: 2", "my.textproto:2:1: "},
        BadText{"TwoKindsOfLayer", "network { layers { relu {}\nflatten {} } }",
                "my.textproto:2:1: "},
        BadText{"UnknownFieldBehindTabs", "data {\n\t\tname : 1 }", "my.textproto:2:3: "},
        BadText{"UnknownEnumValue", "selection { metric: BEST }", "my.textproto:1:21: "},
        BadText{"NoTextproto", "{\"name\": \"s4\"}", "my.textproto:1:1: "}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ParseRecipe, NamesTheUnknownField) {
  EXPECT_THAT(MessageOf(ParseRecipe("optimiser {}", "a").status()), HasSubstr("\"optimiser\""));
}

TEST(ParseRecipe, TextPastTheLimitIsRefusedUnparsed) {
  const std::string text(Limits().recipe_bytes_max + 1, ' ');
  EXPECT_EQ(MessageOf(ParseRecipe(text, "big").status()),
            "big:1:1: expected at most 1048576 bytes, got 1048577");
}

TEST(ParseRecipe, EmptyTextIsAnEmptyRecipe) {
  ASSERT_TRUE(ParseRecipe("", "a").ok());
  EXPECT_EQ(ParseRecipe("", "a")->ByteSizeLong(), 0u);
}

TEST(ParseRecipe, UnsetOptionalFieldsStayUnset) {
  const absl::StatusOr<v1::Recipe> recipe =
      ParseRecipe("network { layers { conv2d { stride: 1 } } }", "a");
  ASSERT_TRUE(recipe.ok());
  EXPECT_TRUE(recipe->network().layers(0).conv2d().has_stride());
  EXPECT_FALSE(recipe->network().layers(0).conv2d().has_bias());
}

TEST(PrintRecipe, IsReadBackToAnEqualRecipe) {
  for (const char* name : {"s4", "s4-classic"}) {
    const v1::Recipe recipe = ShippedRecipe(name);
    const absl::StatusOr<v1::Recipe> again = ParseRecipe(PrintRecipe(recipe), "printed");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(MessageDifferencer::Equals(recipe, *again)) << name;
  }
}

TEST(PrintRecipe, KeepsEveryBitOfANumber) {
  v1::Recipe recipe;
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(std::nextafter(0.1, 1.0));
  const absl::StatusOr<v1::Recipe> again = ParseRecipe(PrintRecipe(recipe), "printed");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->optimizer().sgd().learning_rate(), std::nextafter(0.1, 1.0));
}

TEST(PrintRecipe, KeepsTextBeyondAscii) {
  v1::Recipe recipe;
  recipe.set_description("ünïcode \"quoted\"\n");
  EXPECT_THAT(PrintRecipe(recipe), HasSubstr("ünïcode"));
  const absl::StatusOr<v1::Recipe> again = ParseRecipe(PrintRecipe(recipe), "printed");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->description(), recipe.description());
}

}  // namespace
}  // namespace traind
