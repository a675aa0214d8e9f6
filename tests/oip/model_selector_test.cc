#include "server/oip/model_selector.h"

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

TEST(ModelSelectorTest, NoVersionIsTheNewest) {
  const absl::StatusOr<ModelSelector> selector = ParseModelSelector("s4", "");
  ASSERT_OK(selector);
  EXPECT_EQ(selector->model, "s4");
  EXPECT_EQ(selector->version, 0);
  EXPECT_EQ(selector->alias, "");
}

TEST(ModelSelectorTest, DigitsAreAVersion) {
  EXPECT_EQ(ParseModelSelector("s4", "17")->version, 17);
  EXPECT_EQ(ParseModelSelector("s4", "17")->alias, "");
}

TEST(ModelSelectorTest, OtherTextIsAnAlias) {
  for (const char* alias : {"champion", "v2", "2.0", "-"}) {
    EXPECT_EQ(ParseModelSelector("s4", alias)->alias, alias);
    EXPECT_EQ(ParseModelSelector("s4", alias)->version, 0);
  }
}

TEST(ModelSelectorTest, NumbersThatNoVersionHasAreRefused) {
  for (const char* number : {"0", "-1", "9223372036854775808"}) {
    EXPECT_THAT(ParseModelSelector("s4", number),
                IsInvalid("model version: expected 1 or more, or none for the newest, got \"" +
                          std::string(number)));
  }
}

TEST(ModelSelectorTest, AModelHasAName) {
  EXPECT_THAT(ParseModelSelector("", "1"), IsInvalid("model name: expected one such as s4"));
}

}  // namespace
}  // namespace traind
