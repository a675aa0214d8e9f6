#ifndef TRAIND_CLIENT_TRAINCTL_COMMANDS_H_
#define TRAIND_CLIENT_TRAINCTL_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/trainctl/session.h"

namespace traind {

// Each adds its subcommand to `app`; parsing that subcommand sets `action`.
void AddStartCommand(CLI::App& app, Action& action);
void AddLogsCommand(CLI::App& app, Action& action);
void AddWaitCommand(CLI::App& app, Action& action);
void AddRunsCommand(CLI::App& app, Action& action);
void AddDescribeCommand(CLI::App& app, Action& action);
void AddExportCommand(CLI::App& app, Action& action);
void AddPlotCommand(CLI::App& app, Action& action);
void AddCompareCommand(CLI::App& app, Action& action);
void AddInspectCommand(CLI::App& app, Action& action);
void AddPauseCommand(CLI::App& app, Action& action);
void AddResumeCommand(CLI::App& app, Action& action);
void AddCancelCommand(CLI::App& app, Action& action);
void AddKillCommand(CLI::App& app, Action& action);
void AddDeleteCommand(CLI::App& app, Action& action);
void AddSweepCommand(CLI::App& app, Action& action);
void AddSweepsCommand(CLI::App& app, Action& action);
void AddSweepShowCommand(CLI::App& app, Action& action);
void AddSweepCancelCommand(CLI::App& app, Action& action);
void AddSweepResumeCommand(CLI::App& app, Action& action);
void AddSweepDeleteCommand(CLI::App& app, Action& action);
void AddRecipesCommand(CLI::App& app, Action& action);
void AddRecipeCommand(CLI::App& app, Action& action);
void AddSummaryCommand(CLI::App& app, Action& action);
void AddModelsCommand(CLI::App& app, Action& action);
void AddPromoteCommand(CLI::App& app, Action& action);
void AddRollbackCommand(CLI::App& app, Action& action);
void AddAliasCommand(CLI::App& app, Action& action);
void AddCanaryCommand(CLI::App& app, Action& action);
void AddUnloadCommand(CLI::App& app, Action& action);
void AddPublishCommand(CLI::App& app, Action& action);
void AddDatasetCommand(CLI::App& app, Action& action);
void AddModuleCommand(CLI::App& app, Action& action);
void AddPredictCommand(CLI::App& app, Action& action);
void AddLogLevelCommand(CLI::App& app, Action& action);
void AddVersionCommand(CLI::App& app, Action& action);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_COMMANDS_H_
