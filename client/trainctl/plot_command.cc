#include <memory>
#include <string>
#include <vector>

#include "client/trainctl/commands.h"
#include "client/trainctl/run_plot.h"
#include "client/trainctl/sweep_plot.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct PlotFlags {
  std::vector<std::string> run_ids;
  std::string sweep_id;
  RunPlotChoice choice;
};

absl::StatusOr<std::vector<v1::Run>> FindRuns(const PlotFlags& flags, Session& session) {
  if (!flags.sweep_id.empty()) {
    const absl::StatusOr<v1::Sweep> sweep = session.client.GetSweep(flags.sweep_id);
    if (!sweep.ok()) return sweep.status();
    return RunsToDraw(*sweep, session);
  }
  std::vector<v1::Run> runs;
  for (const std::string& run_id : flags.run_ids) {
    absl::StatusOr<v1::Run> run = session.client.GetRun(run_id);
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  return runs;
}

absl::StatusOr<int> DrawPlot(const PlotFlags& flags, Session& session) {
  const absl::StatusOr<std::vector<v1::Run>> runs = FindRuns(flags, session);
  if (!runs.ok()) return runs.status();
  RunPlotChoice choice = flags.choice;
  if (choice.title.empty()) choice.title = flags.sweep_id;
  const absl::Status status = DrawRuns(*runs, choice, session);
  if (!status.ok()) return status;
  return kExitOk;
}

}  // namespace

void AddPlotCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PlotFlags>();
  CLI::App* command = app.add_subcommand("plot", "Draw the figures of runs, by gnuplot");
  CLI::Option_group* source = command->add_option_group("runs", "What to draw");
  source->add_option("run", flags->run_ids, "Runs, such as s4-17")
      ->expected(1, kPlotSeriesMax)
      ->type_name("RUN");
  source->add_option("--sweep", flags->sweep_id, "The runs of this sweep, such as s4-sweep-3")
      ->type_name("SWEEP");
  source->require_option(1);
  AddRunPlotFlags(*command, flags->choice);
  command
      ->add_option("-o,--output", flags->choice.file,
                   "Picture, .svg or .png; without it the plot is drawn in the terminal")
      ->type_name("FILE");
  command->add_flag("--each", flags->choice.each,
                    "A picture for each run: loss.svg becomes loss-s4-17.svg");
  command->add_option("--title", flags->choice.title, "Title of the picture")->type_name("TEXT");
  command->footer(
      "Example:\n  trainctl plot s4-1 s4-2 --metric eval_loss --x epoch -o loss.svg\n"
      "  trainctl plot --sweep s4-sweep-3 -o sweep.svg");
  command->callback([&action, flags] {
    RequireUsage(CheckRunPlot(flags->choice));
    action = [flags](Session& session) { return DrawPlot(*flags, session); };
  });
}

}  // namespace traind
