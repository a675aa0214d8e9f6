#include "client/plot/plot_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Plot TwoLines() {
  return {.title = "s4-1",
          .x_label = "Step",
          .y_label = "Loss",
          .legend_title = "",
          .series = {{.name = "one", .points = {{1, 0.5}, {2, 0.25}}},
                     {.name = "two", .points = {{1, 1e-9}}}}};
}

TEST(GnuplotText, QuoteIsAStringOfItsOwn) {
  EXPECT_EQ(GnuplotText("it's"), R"('it'."\047".'s')");
  EXPECT_EQ(GnuplotText("''"), R"(''."\047".''."\047".'')");
}

TEST(GnuplotText, LineEndsAndControlCharactersAreSpaces) {
  EXPECT_EQ(GnuplotText("a\nsystem x\t\x1b[2J"), "'a system x  [2J'");
}

TEST(GnuplotText, BackquotesAndBackslashesStayWithinSingleQuotes) {
  EXPECT_EQ(GnuplotText("`id` \\n @x"), "'`id` \\n @x'");
}

TEST(PlotScript, HasEveryPointInFull) {
  const std::string script = PlotScript(TwoLines(), {.format = PlotFormat::kSvg});
  EXPECT_THAT(script, HasSubstr("$series0 << END_OF_SERIES\n1 0.5\n2 0.25\nEND_OF_SERIES\n"));
  EXPECT_THAT(script, HasSubstr("$series1 << END_OF_SERIES\n1 1.0000000000000001e-09\n"));
}

TEST(PlotScript, ValueThatIsNotFiniteIsAGap) {
  Plot plot = TwoLines();
  plot.series[0].points = {{1, std::numeric_limits<double>::infinity()},
                           {2, std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_THAT(PlotScript(plot, {}), HasSubstr("<< END_OF_SERIES\n1 NaN\n2 NaN\n"));
}

TEST(PlotScript, SingleLineWithoutANameHasNoLegend) {
  Plot plot = TwoLines();
  plot.series.resize(1);
  plot.series[0].name = "";
  EXPECT_THAT(PlotScript(plot, {}), HasSubstr("unset key\n"));
  EXPECT_THAT(PlotScript(TwoLines(), {}), Not(HasSubstr("unset key\n")));
}

TEST(PlotScript, NoTwoOfManyLinesLookAlike) {
  Plot plot = TwoLines();
  plot.series.resize(28, plot.series[0]);
  std::set<std::string> strokes;
  const std::string script = PlotScript(plot, {.format = PlotFormat::kPng});
  for (const std::string& part :
       std::vector<std::string>(absl::StrSplit(script.substr(script.find("\nplot ")), "$series"))) {
    const size_t stroke = part.find(" with ");
    if (stroke != std::string::npos) {
      strokes.insert(part.substr(stroke, part.find(" title ") - stroke));
    }
  }
  EXPECT_EQ(strokes.size(), 28u);
}

TEST(PlotScript, FamilyHasOneColourAndItsMembersOtherDashes) {
  Plot plot = TwoLines();
  plot.series[0].family = plot.series[1].family = 3;
  plot.series[1].member = 1;
  const std::string script = PlotScript(plot, {.format = PlotFormat::kSvg});
  EXPECT_THAT(script, HasSubstr("rgb '#0072B2' dashtype solid title 'one'"));
  EXPECT_THAT(script, HasSubstr("rgb '#0072B2' dashtype (12,5) title 'two'"));
}

TEST(PlotScript, LegendOfATextHasItsTitleInEachName) {
  Plot plot = TwoLines();
  plot.legend_title = "seed";
  EXPECT_THAT(PlotScript(plot, {.format = PlotFormat::kText}), HasSubstr("title ' seed=one'"));
  EXPECT_THAT(PlotScript(plot, {.format = PlotFormat::kSvg}), HasSubstr("title 'seed' left"));
}

TEST(PlotScript, TextIsAsLargeAsItsWindow) {
  const PlotCanvas canvas = {.format = PlotFormat::kText, .width = 99, .height = 31};
  EXPECT_THAT(PlotScript(TwoLines(), canvas), HasSubstr("size 99,31 mono\n"));
}

}  // namespace
}  // namespace traind
