#include "client/trainctl/sweep_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

TEST(ParseGrid, ReadsAPathAndItsValues) {
  const absl::StatusOr<v1::GridParameter> grid = ParseGrid("optimizer.sgd.learning_rate=0.1,0.2,1");
  ASSERT_OK(grid);
  EXPECT_EQ(grid->path(), "optimizer.sgd.learning_rate");
  EXPECT_THAT(grid->values(), ElementsAre("0.1", "0.2", "1"));
}

TEST(ParseGrid, TakesAValueThatHasAnEqualsSign) {
  const absl::StatusOr<v1::GridParameter> grid = ParseGrid("description=\"a=b\"");
  ASSERT_OK(grid);
  EXPECT_THAT(grid->values(), ElementsAre("\"a=b\""));
}

TEST(ParseGrid, AnotherKindOfQuoteWithinAQuoteEndsNothing) {
  const absl::StatusOr<v1::GridParameter> grid = ParseGrid(R"(name="it's, so",'say "a, b"')");
  ASSERT_OK(grid);
  EXPECT_THAT(grid->values(), ElementsAre("\"it's, so\"", "'say \"a, b\"'"));
}

TEST(ParseGrid, RefusesWhatHasNoPathOrNoValue) {
  for (const char* text : {"", "=", "a", "a=", "=1,2", "a=1,,2", "a=1,"}) {
    EXPECT_THAT(ParseGrid(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                          "--grid: expected path=value,value such as"))
        << text;
  }
}

TEST(ParseRandom, ReadsARangeOnALogarithmicScale) {
  const absl::StatusOr<v1::RandomParameter> random = ParseRandom("a.b=log:1e-4..0.1");
  ASSERT_OK(random);
  EXPECT_EQ(random->path(), "a.b");
  EXPECT_DOUBLE_EQ(random->log_uniform().min(), 1e-4);
  EXPECT_DOUBLE_EQ(random->log_uniform().max(), 0.1);
  EXPECT_FALSE(random->whole_numbers());
}

TEST(ParseRandom, ReadsAUniformRangeAlsoOfNegativeAndWholeNumbers) {
  const absl::StatusOr<v1::RandomParameter> random = ParseRandom("a=uniform:-8..64:whole");
  ASSERT_OK(random);
  EXPECT_DOUBLE_EQ(random->uniform().min(), -8);
  EXPECT_DOUBLE_EQ(random->uniform().max(), 64);
  EXPECT_TRUE(random->whole_numbers());
}

TEST(ParseRandom, ReadsChoicesAsAGridDoes) {
  const absl::StatusOr<v1::RandomParameter> random = ParseRandom("a=choice:32,[1,2],\"x,y\"");
  ASSERT_OK(random);
  EXPECT_THAT(random->choices().values(), ElementsAre("32", "[1,2]", "\"x,y\""));
}

TEST(ParseRandom, RefusesWhatIsNoDraw) {
  for (const char* text :
       {"", "a", "a=", "a=0.1", "=log:1..2", "a=log:1", "a=log:1..", "a=log:..2", "a=log:x..2",
        "a=uniform:1,2", "a=normal:0..1", "a=choice:", "a=choice:1,,2", "a=whole"}) {
    EXPECT_THAT(ParseRandom(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "--random: expected path=log:"))
        << text;
  }
}

TEST(ParseHalving, ReadsTheFirstRungAndTheFactor) {
  const absl::StatusOr<v1::SuccessiveHalving> halving = ParseHalving("3:2");
  ASSERT_OK(halving);
  EXPECT_EQ(halving->min_epochs(), 3);
  EXPECT_EQ(halving->reduction_factor(), 2);
}

TEST(ParseHalving, LeavesTheFactorToTheServer) {
  const absl::StatusOr<v1::SuccessiveHalving> halving = ParseHalving("5");
  ASSERT_OK(halving);
  EXPECT_EQ(halving->min_epochs(), 5);
  EXPECT_EQ(halving->reduction_factor(), 0);
}

TEST(ParseHalving, RefusesWhatHalvesNothing) {
  for (const char* text : {"", "x", "0", "-1", "1:", "1:1", "1:0", "1:x", "1:2:3", "1.5:2"}) {
    EXPECT_THAT(ParseHalving(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "--asha: expected the epochs"))
        << text;
  }
}

}  // namespace
}  // namespace traind
