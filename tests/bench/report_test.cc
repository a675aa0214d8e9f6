#include "bench/predict/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace traind {
namespace {

LoadResult Round(double answers_per_second, int64_t milliseconds) {
  LoadResult result;
  result.answers_per_second = answers_per_second;
  result.codes = {{"OK", 10}, {"UNAVAILABLE", 1}};
  result.answered.Record(milliseconds * 1'000'000);
  return result;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
}

TEST(Summary, FiguresAreMediansAndCountsAreSums) {
  const Summary summary = Summarise("here", Load(), {Round(100, 5), Round(900, 1), Round(200, 3)});
  EXPECT_EQ(summary.answers_per_second, 200);
  EXPECT_EQ(summary.answered_ms.at("max"), 3);
  EXPECT_EQ(summary.codes.at("OK"), 30);
  EXPECT_EQ(summary.codes.at("UNAVAILABLE"), 3);
}

TEST(Summary, TableNamesErrorsAndJsonHasEveryFigure) {
  const Summary summary = Summarise("here", Load(), {Round(100, 5)});
  EXPECT_NE(Table({summary}).find("1 UNAVAILABLE"), std::string::npos);
  const auto json = nlohmann::json::parse(Json({summary}, {{"here", 0.5, {{60, {0.7, 0.8}}}}}));
  EXPECT_EQ(json["loads"][0]["target"], "here");
  EXPECT_EQ(json["loads"][0]["answered_ms"]["max"], 5.0);
  EXPECT_EQ(json["idle"][0]["first_ms"]["60"][1], 0.8);
}

}  // namespace
}  // namespace traind
