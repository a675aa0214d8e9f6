#ifndef TRAIND_CLIENT_TRAINCTL_RUN_PLOT_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_PLOT_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/plot/plot.h"
#include "client/trainctl/session.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What of runs is to be drawn, and where.
struct RunPlotChoice {
  std::vector<std::string> metrics = {"loss"};  // as FindRunMetric takes them
  std::string x = "step";                       // step, epoch or time
  bool logarithmic_y = false;
  // Ends with .svg or .png; empty draws in the terminal.
  std::string file;
  // A picture for each run, in files of its own: `loss.svg` becomes `loss-s4-17.svg`.
  bool each = false;
  std::string title;  // empty: the run's id where there is one run
};

// Adds --metric, -x and --log-y, which fill `choice`; it must outlive the parsing.
void AddRunPlotFlags(CLI::App& command, RunPlotChoice& choice);

// INVALID_ARGUMENT for a choice that cannot be drawn, whatever the runs.
absl::Status CheckRunPlot(const RunPlotChoice& choice);

// Reads the events of the runs and draws them in one picture (with `each`, in one
// for each), by gnuplot. Runs that have no such figure yet are left out and named on
// the session's err. A file appears whole or not at all. NOT_FOUND when none of the
// runs has such a figure, with the names there are; FAILED_PRECONDITION without
// gnuplot; else as reading events, gnuplot and writing files.
absl::Status DrawRuns(const std::vector<v1::Run>& runs, const RunPlotChoice& choice,
                      Session& session);

// The picture that DrawRuns draws, before anything is drawn.
absl::StatusOr<Plot> PlotOfRuns(const std::vector<v1::Run>& runs, const RunPlotChoice& choice,
                                Session& session);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_PLOT_H_
