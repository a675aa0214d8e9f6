#ifndef TRAIND_CLIENT_PLOT_PLOT_SCRIPT_H_
#define TRAIND_CLIENT_PLOT_PLOT_SCRIPT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/plot/plot.h"

namespace traind {

// What a picture is drawn as.
enum class PlotFormat { kSvg, kPng, kText };

// Size and colours of a picture.
struct PlotCanvas {
  PlotFormat format = PlotFormat::kSvg;
  // Pixels; of a text columns and lines.
  int width = 960;
  int height = 600;
  // Whether a text may have colours, as escape sequences of 256-colour terminals.
  bool colour = false;
};

// The plot as a script of gnuplot 5 with all its data, which writes the picture to
// standard output. Colours are Okabe and Ito's, which colour-blind people tell
// apart; beyond eight lines the dashes differ as well.
std::string PlotScript(const Plot& plot, const PlotCanvas& canvas);

// An expression of gnuplot whose value is `text`, every character as itself: nothing in
// it is a command, a substitution or an escape. Line ends and other control
// characters become spaces.
std::string GnuplotText(absl::string_view text);

}  // namespace traind

#endif  // TRAIND_CLIENT_PLOT_PLOT_SCRIPT_H_
