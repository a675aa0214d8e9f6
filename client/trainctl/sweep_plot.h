#ifndef TRAIND_CLIENT_TRAINCTL_SWEEP_PLOT_H_
#define TRAIND_CLIENT_TRAINCTL_SWEEP_PLOT_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/trainctl/run_plot.h"
#include "client/trainctl/session.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// The pictures of a sweep that are asked for.
struct SweepPlotChoice {
  // Of all points in one picture, where it has a file. No metric: `loss`, or `train_loss` of
  // sweeps with 50 epochs and more, which has a value for each of them.
  RunPlotChoice plot;
  std::string each_directory;  // a picture for each point goes there; empty: none

  bool IsWanted() const { return !plot.file.empty() || !each_directory.empty(); }
};

// Adds --plot, --plot-each and what says how to draw, which fill `choice`; it must outlive
// the parsing.
void AddSweepPlotFlags(CLI::App& command, SweepPlotChoice& choice);

// INVALID_ARGUMENT for a choice that cannot be drawn, whatever the runs.
absl::Status CheckSweepPlot(const SweepPlotChoice& choice);

// The newest runs of the sweep's points, in the order of the points: of the best ones where
// more than one picture holds have a run, which is told on the session's err. NOT_FOUND when
// no point has a run yet; else as GetRun.
absl::StatusOr<std::vector<v1::Run>> RunsToDraw(const v1::Sweep& sweep, Session& session);

// Draws the pictures by gnuplot. That of a point is called by its values:
// `learning_rate=0.1.svg`. A directory that is not there is made. Errors as DrawRuns.
absl::Status DrawSweep(const v1::Sweep& sweep, const SweepPlotChoice& choice, Session& session);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_SWEEP_PLOT_H_
