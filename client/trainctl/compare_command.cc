#include <memory>
#include <string>
#include <vector>

#include "client/trainctl/commands.h"
#include "client/trainctl/run_comparison.h"

namespace traind {
namespace {

constexpr int kRunsMax = 64;

absl::StatusOr<int> Compare(const std::vector<std::string>& run_ids, Session& session) {
  std::vector<v1::Run> runs;
  for (const std::string& run_id : run_ids) {
    absl::StatusOr<v1::Run> run = session.client.GetRun(run_id);
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  if (session.json) {
    session.out() << ComparisonJson(runs) << "\n";
  } else {
    session.out() << ComparisonText(runs, session.now());
  }
  return kExitOk;
}

}  // namespace

void AddCompareCommand(CLI::App& app, Action& action) {
  auto run_ids = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand(
      "compare", "Tell what differs between runs: recipes and figures side by side");
  command->add_option("run", *run_ids, "Runs, such as s4-17 s4-18")
      ->required()
      ->expected(2, kRunsMax)
      ->type_name("RUN");
  command->footer("Example:\n  trainctl compare s4-17 s4-18");
  command->callback([&action, run_ids] {
    action = [run_ids](Session& session) { return Compare(*run_ids, session); };
  });
}

}  // namespace traind
