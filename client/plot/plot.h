#ifndef TRAIND_CLIENT_PLOT_PLOT_H_
#define TRAIND_CLIENT_PLOT_PLOT_H_

#include <string>
#include <vector>

namespace traind {

// Most lines that one picture holds: more cannot be told apart.
inline constexpr int kPlotSeriesMax = 64;

// One place of a line. A value that is not finite leaves a gap.
struct PlotPoint {
  double x = 0;
  double y = 0;
};

// One line of a picture.
struct PlotSeries {
  std::string name;  // in the legend
  std::vector<PlotPoint> points;
  // Lines of one family have one colour, and are told apart by the dashes of their members.
  // Without a family each line has a colour of its own. All lines of a picture have one, or none.
  int family = -1;
  int member = 0;
};

// What a picture shows. All texts are shown as they are, whatever characters they have.
struct Plot {
  std::string title;         // empty: none
  std::string x_label;       // with its unit
  std::string y_label;       // with its unit
  std::string legend_title;  // what the names of the series are values of; empty: nothing
  bool logarithmic_y = false;
  bool whole_x = false;            // x counts something, such as epochs
  std::vector<PlotSeries> series;  // a single one has no legend unless it has a name
};

}  // namespace traind

#endif  // TRAIND_CLIENT_PLOT_PLOT_H_
