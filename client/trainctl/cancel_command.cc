#include <memory>
#include <string>

#include "client/trainctl/commands.h"
#include "client/trainctl/run_answer.h"
#include "client/trainctl/time_flags.h"
#include "client/trainctl/usage_error.h"

// `cancel` and `kill`.
namespace traind {
namespace {

struct CancelFlags {
  v1::CancelRunRequest request;
  std::string run_id;
  bool force = false;
  std::string grace;
};

absl::StatusOr<int> Cancel(const v1::CancelRunRequest& request, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.CancelRun(request);
  if (!run.ok()) return run.status();
  PrintRunState(*run, session);
  return kExitOk;
}

}  // namespace

void AddCancelCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<CancelFlags>();
  CLI::App* command = app.add_subcommand("cancel", "Stop a run for good; it ends CANCELLED");
  command->add_option("run", flags->run_id, "Run, such as s4-17")->required()->type_name("RUN");
  CLI::Option* force = command->add_flag("--force", flags->force,
                                         "End the worker at once, without a last checkpoint");
  command
      ->add_option("--grace", flags->grace,
                   "How long the worker may take to stop by itself, at most 1h (20s)")
      ->type_name("DURATION")
      ->excludes(force);
  command->footer("Example:\n  trainctl cancel s4-17 --grace 2m");
  command->callback([&action, flags] {
    flags->request.set_run_id(flags->run_id);
    flags->request.set_force(flags->force);
    if (!flags->grace.empty()) {
      const absl::StatusOr<absl::Duration> grace = ReadDuration("--grace", flags->grace);
      RequireUsage(grace.status());
      *flags->request.mutable_grace() = ToProto(*grace);
    }
    action = [flags](Session& session) { return Cancel(flags->request, session); };
  });
}

void AddKillCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "kill", "End a run's worker at once, without a last checkpoint (cancel --force)");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->footer("Example:\n  trainctl kill s4-17");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) {
      v1::CancelRunRequest request;
      request.set_run_id(*run_id);
      request.set_force(true);
      return Cancel(request, session);
    };
  });
}

}  // namespace traind
