#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/plot/gnuplot.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/random_request_id.h"
#include "client/trainctl/recipe_flags.h"
#include "client/trainctl/sweep_flags.h"
#include "client/trainctl/sweep_follow.h"
#include "client/trainctl/sweep_plot.h"
#include "client/trainctl/sweep_text.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct SweepFlags {
  RecipeFlags recipe;
  std::vector<std::string> grid;
  std::vector<std::string> random;
  std::string asha;
  int max_runs = 0;
  int64_t seed = 0;
  int parallel = 0;
  std::optional<int> epochs;
  std::string device;
  int threads = 0;
  int priority = 0;
  bool publish_best = false;
  bool follow = false;
  SweepPlotChoice plots;
  std::string request_id;
};

absl::StatusOr<v1::SweepSearch> MakeSearch(const SweepFlags& flags) {
  v1::SweepSearch search;
  for (const std::string& text : flags.grid) {
    absl::StatusOr<v1::GridParameter> parameter = ParseGrid(text);
    if (!parameter.ok()) return parameter.status();
    *search.add_grid() = *std::move(parameter);
  }
  for (const std::string& text : flags.random) {
    absl::StatusOr<v1::RandomParameter> parameter = ParseRandom(text);
    if (!parameter.ok()) return parameter.status();
    *search.add_random() = *std::move(parameter);
  }
  if (!flags.asha.empty()) {
    absl::StatusOr<v1::SuccessiveHalving> halving = ParseHalving(flags.asha);
    if (!halving.ok()) return halving.status();
    *search.mutable_halving() = *halving;
  }
  search.set_max_runs(flags.max_runs);
  search.set_seed(flags.seed);
  return search;
}

absl::StatusOr<v1::CreateSweepRequest> MakeSweepRequest(const SweepFlags& flags) {
  v1::CreateSweepRequest request;
  if (absl::Status status = FillRecipe(flags.recipe, request); !status.ok()) return status;
  if (flags.epochs) {
    v1::Override& change = *request.add_overrides();
    change.set_path("epoch_count");
    change.set_value(absl::StrCat(*flags.epochs));
  }
  absl::StatusOr<v1::SweepSearch> search = MakeSearch(flags);
  if (!search.ok()) return search.status();
  *request.mutable_search() = *std::move(search);
  request.mutable_execution()->set_device(flags.device);
  request.mutable_execution()->set_thread_count(flags.threads);
  request.mutable_execution()->set_priority(flags.priority);
  request.set_parallelism(flags.parallel);
  request.set_publish_best(flags.publish_best);
  request.set_request_id(flags.request_id.empty() ? RandomRequestId() : flags.request_id);
  return request;
}

int PrintEnd(const v1::Sweep& sweep, Session& session) {
  if (session.json) {
    session.out() << JsonDocument(sweep) << "\n";
  } else {
    session.err() << SweepEndText(sweep) << "\n";
  }
  return sweep.state() == v1::SWEEP_STATE_SUCCEEDED ? kExitOk : kExitFailed;
}

absl::StatusOr<int> StartSweep(const SweepFlags& flags, Session& session) {
  const absl::StatusOr<v1::CreateSweepRequest> request = MakeSweepRequest(flags);
  if (!request.ok()) return request.status();
  if (flags.plots.IsWanted()) {
    // Better told now than when all is trained.
    const absl::Status gnuplot =
        Gnuplot().Draw("set print '-'\nprint 1\n", session.environment.stop).status();
    if (!gnuplot.ok()) return gnuplot;
  }
  const absl::StatusOr<v1::Sweep> sweep = session.client.CreateSweep(*request);
  if (!sweep.ok()) return sweep.status();
  if (!flags.follow && !flags.plots.IsWanted()) {
    session.out() << (session.json ? JsonDocument(*sweep) : sweep->id()) << "\n";
    if (!session.json) {
      session.err() << sweep->point_count() << " points; look at them with `trainctl sweep-show "
                    << sweep->id() << "`\n";
    }
    return kExitOk;
  }
  if (!session.json) {
    session.err() << "started sweep " << sweep->id() << " of " << sweep->point_count()
                  << " points (Ctrl-C detaches, the sweep goes on)\n";
  }
  const absl::StatusOr<v1::Sweep> ended = FollowSweep(session, sweep->id());
  if (session.environment.stop.stop_requested()) return kExitInterrupted;
  if (!ended.ok()) return ended.status();
  const int code = PrintEnd(*ended, session);
  if (!flags.plots.IsWanted()) return code;
  const absl::Status drawn = DrawSweep(*ended, flags.plots, session);
  if (!drawn.ok()) return drawn;
  return code;
}

void AddSearchFlags(CLI::App& command, SweepFlags& flags) {
  command.add_option("--grid", flags.grid, "Try each of these values, with all others")
      ->type_name("PATH=VALUE,...")
      ->take_all()
      ->expected(1);
  command.add_option("--random", flags.random, "Draw values: log:A..B, uniform:A..B or choice:A,B")
      ->type_name("PATH=DRAW")
      ->take_all()
      ->expected(1);
  command
      .add_option("--max-runs", flags.max_runs, "Points to draw; of a grid the most it may have")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command.add_option("--seed", flags.seed, "Seed of the draws")->type_name("N");
  command
      .add_option("--asha", flags.asha,
                  "Stop the worse points early: epochs of the first rung, and of how many one "
                  "goes on (4)")
      ->type_name("EPOCHS[:FACTOR]");
}

}  // namespace

void AddSweepCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* command =
      app.add_subcommand("sweep", "Try many values of a recipe's fields, each with a run");
  CLI::Option_group* source = command->add_option_group("recipe", "What to train");
  source->add_option("--model", flags->recipe.name, "Recipe on the server, such as s4")
      ->type_name("NAME");
  source->add_option("--recipe", flags->recipe.file, "Recipe on this machine (textproto)")
      ->type_name("FILE");
  source->require_option(1);
  AddSearchFlags(*command, *flags);
  command->add_option("--parallel", flags->parallel, "Runs that wait or train at once (16)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command->add_option("--set", flags->recipe.sets, "Change a field of every run's recipe")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->expected(1);
  command->add_option("--epochs", flags->epochs, "Passes over the training data")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  command->add_option("--device", flags->device, "cpu, cuda, cuda:N or auto")->type_name("DEVICE");
  command->add_option("--threads", flags->threads, "Threads of each run's computation")
      ->check(CLI::Range(0, std::numeric_limits<int32_t>::max()))
      ->type_name("N");
  command->add_option("--priority", flags->priority, "Larger runs first")->type_name("N");
  command->add_flag("--publish-best", flags->publish_best, "Publish the best run in the end");
  command->add_option("--request-id", flags->request_id, "Makes repeating the command harmless")
      ->type_name("ID");
  command->add_flag("-f,--follow", flags->follow,
                    "Wait for the end; tell of each point. To draw waits as well");
  AddSweepPlotFlags(*command, flags->plots);
  command->footer(
      "Examples:\n"
      "  trainctl sweep --model s4 --grid optimizer.sgd.learning_rate=0.05,0.1,0.2 --follow\n"
      "  trainctl sweep --model s4 --random optimizer.sgd.learning_rate=log:0.01..1 "
      "--max-runs 16 --asha 1:4\n"
      "  trainctl sweep --model backprop --grid optimizer.sgd.learning_rate=0.1,0.5,1 "
      "--plot loss.svg");
  command->callback([&action, flags] {
    for (const std::string& set : flags->recipe.sets) RequireUsage(ParseOverride(set).status());
    RequireUsage(MakeSearch(*flags).status());
    RequireUsage(CheckSweepPlot(flags->plots));
    if (flags->grid.empty() && flags->random.empty()) {
      RequireUsage(absl::InvalidArgumentError("expected --grid or --random, got neither"));
    }
    action = [flags](Session& session) { return StartSweep(*flags, session); };
  });
}

}  // namespace traind
