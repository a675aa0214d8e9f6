#include <memory>

#include "client/run_state.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"

namespace traind {

void AddCancelCommand(CLI::App& app, Action& action) {
  struct Flags {
    std::string run_id;
    bool force = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("cancel", "Stop a run");
  command->add_option("run", flags->run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->add_flag("--force", flags->force, "End the worker at once, without a last checkpoint");
  command->callback([&action, flags] {
    action = [flags](Session& session) -> absl::StatusOr<int> {
      const absl::StatusOr<v1::Run> run = session.client.CancelRun(flags->run_id, flags->force);
      if (!run.ok()) return run.status();
      if (session.json) {
        session.out() << JsonDocument(*run) << "\n";
      } else {
        session.out() << run->id() << " " << RunStateName(run->state()) << "\n";
      }
      return kExitOk;
    };
  });
}

}  // namespace traind
