#include "client/plot/plot_script.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace traind {
namespace {

// Okabe and Ito, "Color Universal Design", without yellow, which is too pale on white, and with a
// dark grey in place of black.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                    "#E69F00", "#56B4E9", "#333333"};
constexpr int kColourCount = static_cast<int>(std::size(kColours));
constexpr const char* kDashes[] = {"solid", "(12,5)", "(3,4)", "(12,4,3,4)"};
constexpr int kDashCount = static_cast<int>(std::size(kDashes));
// The same for terminals that are dark: the palette's numbers of 256 colours.
constexpr int kTextColours[] = {39, 208, 43, 176, 214, 117, 250};
// Each point is marked where there are few.
constexpr size_t kMarkedPointsMax = 40;
// Up to here each whole number has a tick; gnuplot would put some between them.
constexpr double kWholeTicksMax = 20;
// Longer names of series stand below the picture, where they have its width.
constexpr size_t kNameBesideMax = 28;

std::string TerminalLine(const PlotCanvas& canvas) {
  switch (canvas.format) {
    case PlotFormat::kSvg:
      return absl::StrFormat(
          "set terminal svg noenhanced size %d,%d dynamic font 'sans-serif,15' linewidth 1.5 "
          "background rgb 'white'\n",
          canvas.width, canvas.height);
    case PlotFormat::kPng:
      return absl::StrFormat(
          "set terminal pngcairo noenhanced size %d,%d font 'sans,15' linewidth 1.6 background rgb "
          "'white'\n",
          canvas.width, canvas.height);
    case PlotFormat::kText:
      return absl::StrFormat("set terminal dumb nofeed noenhanced size %d,%d %s\n", canvas.width,
                             canvas.height, canvas.colour ? "ansi256" : "mono");
  }
  return "";
}

bool HasLegend(const Plot& plot) {
  return plot.series.size() > 1 || (!plot.series.empty() && !plot.series.front().name.empty());
}

std::string LegendLine(const Plot& plot, const PlotCanvas& canvas) {
  // Room for half of the last number below the axis, which a legend beside it makes by itself.
  if (!HasLegend(plot)) return "unset key\nset rmargin 4\n";
  size_t longest = plot.legend_title.size();
  for (const PlotSeries& series : plot.series) longest = std::max(longest, series.name.size());
  const bool below = canvas.format == PlotFormat::kText || longest > kNameBesideMax;
  std::string line = below ? "set key below left Left reverse"
                           : "set key outside right top Left reverse samplen 2";
  if (!plot.legend_title.empty() && canvas.format != PlotFormat::kText) {
    absl::StrAppend(&line, " title ", GnuplotText(plot.legend_title), " left");
  }
  return line + "\n";
}

// In a text, what stands before the name parts it from its line's sample, and the legend's title
// would stand in the line of the axis' name.
std::string NameInLegend(const Plot& plot, size_t index, const PlotCanvas& canvas) {
  const std::string& name = plot.series[index].name;
  if (canvas.format != PlotFormat::kText || !HasLegend(plot)) return name;
  return absl::StrCat(" ", plot.legend_title, plot.legend_title.empty() ? "" : "=", name);
}

double LargestX(const Plot& plot) {
  double largest = 0;
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& point : series.points) largest = std::max(largest, point.x);
  }
  return largest;
}

std::string Axes(const Plot& plot, const PlotCanvas& canvas) {
  std::string text = "set encoding utf8\n";
  const bool is_text = canvas.format == PlotFormat::kText;
  // A text cannot turn its letters, so that the name of the axis stands above it.
  const std::string title = is_text && !plot.title.empty()
                                ? absl::StrCat(plot.title, ": ", plot.y_label)
                            : is_text ? plot.y_label
                                      : plot.title;
  if (!title.empty()) absl::StrAppend(&text, "set title ", GnuplotText(title), "\n");
  absl::StrAppend(&text, "set xlabel ", GnuplotText(plot.x_label), "\n");
  if (!is_text) {
    absl::StrAppend(
        &text, "set ylabel ", GnuplotText(plot.y_label), "\n",
        "set border 3 lc rgb '#555555' lw 0.8\nset grid ytics back lc rgb '#CCCCCC' lw 0.7 dt "
        "solid\n",
        "set tics out textcolor rgb '#333333'\nset xtics nomirror\nset ytics nomirror\n");
  }
  if (plot.logarithmic_y) text += "set logscale y\nset format y '%g'\n";
  text += "set xrange [0:*]\n";  // from where counting begins
  if (plot.whole_x && LargestX(plot) <= kWholeTicksMax) text += "set xtics 1\n";
  return text;
}

std::string Number(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.17g", value) : "NaN";
}

std::string DataBlock(const PlotSeries& series, size_t index) {
  std::string text = absl::StrCat("$series", index, " << END_OF_SERIES\n");
  for (const PlotPoint& point : series.points) {
    absl::StrAppend(&text, Number(point.x), " ", Number(point.y), "\n");
  }
  return text + "END_OF_SERIES\n";
}

// Which colour and which dashes a line has, as places in the lists of them.
struct Look {
  int colour = 0;
  int dash = 0;
};

std::vector<Look> LooksOf(const Plot& plot) {
  std::vector<int> families;  // in the order in which they come
  std::vector<Look> looks;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const PlotSeries& series = plot.series[i];
    const int family = series.family >= 0 ? series.family : static_cast<int>(i);
    auto found = std::find(families.begin(), families.end(), family);
    if (found == families.end()) found = families.insert(families.end(), family);
    const int place = static_cast<int>(found - families.begin());
    looks.push_back({.colour = place % kColourCount,
                     .dash = (series.member + place / kColourCount) % kDashCount});
  }
  return looks;
}

std::string Stroke(const PlotSeries& series, size_t index, const Look& look,
                   const PlotCanvas& canvas) {
  const bool marked = series.points.size() <= kMarkedPointsMax;
  if (canvas.format == PlotFormat::kText) {
    return absl::StrCat(
        "with ", marked ? absl::StrCat("linespoints pointtype ", index + 1) : "lines",
        " linecolor ", canvas.colour ? kTextColours[look.colour] : static_cast<int>(index) + 1);
  }
  return absl::StrCat(marked ? "with linespoints pointtype 7 pointsize 0.6" : "with lines",
                      " linewidth 1.4 linecolor rgb '", kColours[look.colour], "' dashtype ",
                      kDashes[look.dash]);
}

}  // namespace

std::string GnuplotText(absl::string_view text) {
  // A quote within quotes may be written twice, but gnuplot 5.4 does not see that at the beginning
  // of a text or behind another quote. So each stands in a string of its own.
  constexpr absl::string_view kQuote = R"('."\047".')";
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'') {
      absl::StrAppend(&quoted, kQuote);
    } else {
      quoted += absl::ascii_iscntrl(static_cast<unsigned char>(character)) ? ' ' : character;
    }
  }
  return quoted + "'";
}

std::string PlotScript(const Plot& plot, const PlotCanvas& canvas) {
  std::string text =
      absl::StrCat(TerminalLine(canvas), Axes(plot, canvas), LegendLine(plot, canvas));
  for (size_t i = 0; i < plot.series.size(); ++i) text += DataBlock(plot.series[i], i);
  const std::vector<Look> looks = LooksOf(plot);
  for (size_t i = 0; i < plot.series.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "plot " : ", ", "$series", i, " using 1:2 ",
                    Stroke(plot.series[i], i, looks[i], canvas), " title ",
                    GnuplotText(NameInLegend(plot, i, canvas)));
  }
  return text + "\n";
}

}  // namespace traind
