#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"

namespace traind {
namespace {

absl::StatusOr<int> PublishRuns(const std::string& run_id, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.PublishRun(run_id);
  if (!run.ok()) return run.status();
  session.out() << (session.json
                        ? JsonDocument(*run)
                        : absl::StrCat(run->id(), " is published as ", run->recipe().name(), "@",
                                       run->published_version()))
                << "\n";
  return kExitOk;
}

}  // namespace

void AddPublishCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "publish", "Publish the best checkpoint of a run that has ended as a version");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->footer(
      "Example:\n  trainctl start --model s4 --publish manual\n  trainctl publish s4-17");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) { return PublishRuns(*run_id, session); };
  });
}

}  // namespace traind
