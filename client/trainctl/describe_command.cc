#include <memory>

#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/run_text.h"

namespace traind {

void AddDescribeCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("describe", "Tell everything about a run");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) -> absl::StatusOr<int> {
      const absl::StatusOr<v1::Run> run = session.client.GetRun(*run_id);
      if (!run.ok()) return run.status();
      session.out() << (session.json ? JsonDocument(*run) + "\n" : RunText(*run, session.now()));
      return kExitOk;
    };
  });
}

}  // namespace traind
