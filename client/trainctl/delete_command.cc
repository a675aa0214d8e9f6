#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/error_line.h"

namespace traind {
namespace {

// The error with the run's name, which only errors about the run have by themselves.
absl::Status Named(const absl::Status& status, const std::string& run_id) {
  if (absl::StrContains(status.message(), run_id)) return status;
  return absl::Status(status.code(), absl::StrCat("run ", run_id, ": ", status.message()));
}

// One after another; what cannot be deleted does not keep the others.
absl::StatusOr<int> DeleteRuns(const std::vector<std::string>& run_ids, Session& session) {
  int code = kExitOk;
  nlohmann::ordered_json deleted = nlohmann::ordered_json::array();
  for (const std::string& run_id : run_ids) {
    const absl::StatusOr<v1::DeleteRunResponse> response = session.client.DeleteRun(run_id);
    if (session.environment.stop.stop_requested()) {
      code = kExitInterrupted;
      session.err() << "interrupted; see `trainctl runs` for what is left\n";
    } else if (!response.ok()) {
      code = kExitFailed;
      session.err() << ErrorLine(Named(response.status(), run_id)) << "\n";
    }
    if (response.ok() && !session.json) {
      session.out() << run_id << " deleted, " << ByteText(response->freed_bytes()) << " freed"
                    << std::endl;
    } else if (response.ok()) {
      // A string, as protobuf's JSON has 64-bit numbers.
      deleted.push_back(
          {{"run_id", run_id}, {"freed_bytes", absl::StrCat(response->freed_bytes())}});
    }
    if (code == kExitInterrupted) break;
  }
  if (session.json) {
    session.out() << nlohmann::ordered_json({{"deleted", deleted}}).dump(1) << "\n";
  }
  return code;
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Action& action) {
  auto run_ids = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand(
      "delete", "Delete runs that have ended: events, checkpoints and logs, but no models");
  command->add_option("run", *run_ids, "Runs, such as s4-17; it does not ask back")
      ->required()
      ->type_name("RUN");
  command->footer("Example:\n  trainctl delete s4-17 s4-18");
  command->callback([&action, run_ids] {
    action = [run_ids](Session& session) { return DeleteRuns(*run_ids, session); };
  });
}

}  // namespace traind
