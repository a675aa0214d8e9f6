#include "client/trainctl/trainctl.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/error_line.h"
#include "client/trainctl/global_flags.h"

namespace traind {
namespace {

constexpr char kFooter[] =
    "Start with:\n"
    "  trainctl start --model s4\n"
    "  trainctl predict --model s4 --dataset mnist:test --index 0..9\n"
    "Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.";

void AddCommands(CLI::App& app, Action& action) {
  app.require_subcommand(1);
  AddStartCommand(app, action);
  AddLogsCommand(app, action);
  AddWaitCommand(app, action);
  AddRunsCommand(app, action);
  AddDescribeCommand(app, action);
  AddExportCommand(app, action);
  AddPlotCommand(app, action);
  AddCompareCommand(app, action);
  AddInspectCommand(app, action);
  AddPauseCommand(app, action);
  AddResumeCommand(app, action);
  AddCancelCommand(app, action);
  AddKillCommand(app, action);
  AddDeleteCommand(app, action);
  AddSweepCommand(app, action);
  AddSweepsCommand(app, action);
  AddSweepShowCommand(app, action);
  AddSweepCancelCommand(app, action);
  AddSweepResumeCommand(app, action);
  AddSweepDeleteCommand(app, action);
  AddRecipesCommand(app, action);
  AddRecipeCommand(app, action);
  AddSummaryCommand(app, action);
  AddModelsCommand(app, action);
  AddPromoteCommand(app, action);
  AddRollbackCommand(app, action);
  AddAliasCommand(app, action);
  AddCanaryCommand(app, action);
  AddUnloadCommand(app, action);
  AddPublishCommand(app, action);
  AddDatasetCommand(app, action);
  AddModuleCommand(app, action);
  AddPredictCommand(app, action);
  AddLogLevelCommand(app, action);
  AddVersionCommand(app, action);
}

int ReportUsage(const CLI::App& app, absl::string_view message, std::ostream& err) {
  std::string command = "trainctl";
  for (const CLI::App* level = &app; !level->get_subcommands().empty();) {
    level = level->get_subcommands().front();
    absl::StrAppend(&command, " ", level->get_name());
  }
  err << "trainctl: usage: " << OneLine(message) << "; see `" << command << " --help`\n";
  return kExitUsage;
}

int ReportError(const absl::Status& status, std::ostream& err) {
  err << ErrorLine(status) << "\n";
  return kExitFailed;
}

int RunAction(const GlobalFlags& flags, ClientOptions options, const Action& action,
              Environment& environment) {
  options.stop = environment.stop;
  options.waiter = environment.waiter;
  absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(std::move(options));
  if (!client.ok()) return ReportError(client.status(), environment.err);
  Session session{.client = **client, .json = flags.json, .environment = environment};
  const absl::StatusOr<int> code = action(session);
  environment.out.flush();
  if (code.ok()) return *code;
  ReportError(code.status(), environment.err);
  return environment.stop.stop_requested() ? kExitInterrupted : kExitFailed;
}

}  // namespace

int RunTrainctl(int argc, const char* const* argv, Environment environment) {
  CLI::App app("Trains models on a traind server and predicts with them", "trainctl");
  app.fallthrough();  // global flags may follow the command
  app.footer(kFooter);
  app.set_version_flag("--version", "trainctl " TRAIND_VERSION);
  GlobalFlags flags;
  Action action;
  AddGlobalFlags(app, flags);
  AddCommands(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help, environment.out, environment.err);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty()) {
      return ReportUsage(app, absl::StrCat("unknown command `", unknown.front(), "`"),
                         environment.err);
    }
    return ReportUsage(app, error.what(), environment.err);
  }
  absl::StatusOr<ClientOptions> options = ToClientOptions(flags);
  if (!options.ok()) return ReportUsage(app, options.status().message(), environment.err);
  return RunAction(flags, *std::move(options), action, environment);
}

}  // namespace traind
