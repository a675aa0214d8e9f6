#include "server/sweeps/sweep_points.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "server/sweeps/sweep_request.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

v1::SweepSearch Search(const std::string& text) {
  v1::SweepSearch search;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &search)) << text;
  return search;
}

// `a=1 b=x` of each point.
std::vector<std::string> Points(const std::string& text) {
  const absl::StatusOr<std::vector<v1::SweepPoint>> points = ListPoints(Search(text), 1000);
  EXPECT_OK(points);
  std::vector<std::string> texts;
  if (points.ok()) {
    for (const v1::SweepPoint& point : *points) texts.push_back(ParametersText(point));
  }
  return texts;
}

void ExpectRefused(const std::string& text, const std::string& message) {
  EXPECT_THAT(ListPoints(Search(text), 1000),
              StatusIs(absl::StatusCode::kInvalidArgument, message));
}

TEST(SweepPointsTest, AGridIsNestedLoopsTheLastParameterInnermost) {
  EXPECT_THAT(Points(R"(grid { path: "a" values: ["1", "2"] }
                        grid { path: "b" values: ["x", "y", "z"] })"),
              ElementsAre("a=1 b=x", "a=1 b=y", "a=1 b=z", "a=2 b=x", "a=2 b=y", "a=2 b=z"));
}

TEST(SweepPointsTest, PointsAreNumberedFromOne) {
  const auto points = ListPoints(Search(R"(grid { path: "a" values: ["1", "2"] })"), 1000);
  ASSERT_OK(points);
  EXPECT_EQ((*points)[0].number(), 1);
  EXPECT_EQ((*points)[1].number(), 2);
}

// The shares of seed 7 by a program in another language, whose splitmix64 gives the
// published first numbers of seed 1234567: 6457827717110365317, 3203168211198807973.
TEST(SweepPointsTest, RandomDrawsAreThoseOfSplitmix64) {
  const v1::SweepSearch search = Search(R"(
    random { path: "log" log_uniform { min: 0.001 max: 0.1 } }
    random { path: "uniform" uniform { min: 0 max: 0.5 } }
    random { path: "whole" uniform { min: 8 max: 64 } whole_numbers: true }
    random { path: "choice" choices { values: ["a", "b", "c"] } }
    max_runs: 3 seed: 7)");
  const auto points = ListPoints(search, 1000);
  ASSERT_OK(points);
  const double logs[] = {0.006020873418357904, 0.0010803801321650742, 0.06331715041263695};
  const double uniforms[] = {0.07775184602673202, 0.4623284811031615, 0.3040223691893881};
  const char* wholes[] = {"34", "53", "17"};
  const char* choices[] = {"b", "a", "b"};
  ASSERT_EQ(points->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const v1::SweepPoint& point = (*points)[i];
    EXPECT_NEAR(std::stod(point.parameters(0).value()), logs[i], 1e-15 * logs[i] + 1e-17);
    EXPECT_DOUBLE_EQ(std::stod(point.parameters(1).value()), uniforms[i]);
    EXPECT_EQ(point.parameters(2).value(), wholes[i]);
    EXPECT_EQ(point.parameters(3).value(), choices[i]);
  }
}

TEST(SweepPointsTest, AnotherSeedDrawsOtherPoints) {
  const std::string random = R"(random { path: "a" uniform { min: 0 max: 1 } } max_runs: 2 )";
  EXPECT_EQ(Points(random + "seed: 1"), Points(random + "seed: 1"));
  EXPECT_NE(Points(random + "seed: 1"), Points(random + "seed: 2"));
}

TEST(SweepPointsTest, MoreRunsBeginWithTheSamePoints) {
  const std::string random = R"(random { path: "a" log_uniform { min: 1 max: 9 } } seed: 1 )";
  const std::vector<std::string> more = Points(random + "max_runs: 5");
  EXPECT_THAT(Points(random + "max_runs: 2"), ElementsAre(more[0], more[1]));
}

TEST(SweepPointsTest, AGridIsBounded) {
  ExpectRefused(R"(grid { path: "a" values: ["1", "2", "3"] } max_runs: 2)",
                "search.grid: expected at most 2 points");
  const auto points = ListPoints(Search(R"(grid { path: "a" values: ["1", "2", "3"] })"), 2);
  EXPECT_THAT(points, StatusIs(absl::StatusCode::kInvalidArgument, "expected at most 2 points"));
}

TEST(SweepPointsTest, WhatCannotBeSearchedNamesItsField) {
  ExpectRefused("", "expected either grid or random parameters, got neither");
  ExpectRefused(R"(grid { path: "a" values: "1" } random { path: "b" choices { values: "1" } })",
                "got both");
  ExpectRefused(R"(grid { values: "1" })", "search.grid[0].path");
  ExpectRefused(R"(grid { path: "a" })", "search.grid[0].values: expected at least one value");
  ExpectRefused(R"(grid { path: "a" values: "1" } grid { path: "a" values: "2" })",
                "search.grid[1].path: expected each path once, got a again");
  ExpectRefused(R"(grid { path: "name" values: "x" })", "a sweep is of one model");
  ExpectRefused(R"(random { path: "a" choices { values: "1" } })", "search.max_runs: expected");
  ExpectRefused(R"(random { path: "a" } max_runs: 1)", "search.random[0].distribution");
  ExpectRefused(R"(random { path: "a" uniform { min: 2 max: 1 } } max_runs: 1)",
                "search.random[0].uniform: expected finite numbers min < max, got min 2, max 1");
  ExpectRefused(R"(random { path: "a" log_uniform { min: 0 max: 1 } } max_runs: 1)",
                "search.random[0].log_uniform: expected finite numbers 0 < min < max");
}

}  // namespace
}  // namespace traind
