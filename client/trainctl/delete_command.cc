#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/error_line.h"
#include "client/trainctl/model_reference.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct DeleteFlags {
  std::vector<std::string> names;
  bool last_version = false;
};

// What is gone, for people and for programs.
struct Deleted {
  std::string text;
  nlohmann::ordered_json json;
};

// The error with the name of what it is about, unless it has `sign` of that by itself.
absl::Status Named(const absl::Status& status, const std::string& name, const std::string& sign) {
  if (absl::StrContains(status.message(), sign)) return status;
  return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
}

// 64-bit numbers are strings, as in protobuf's JSON.
absl::StatusOr<Deleted> DeleteRun(const std::string& run_id, Client& client) {
  const absl::StatusOr<v1::DeleteRunResponse> response = client.DeleteRun(run_id);
  if (!response.ok()) return Named(response.status(), "run " + run_id, run_id);
  return Deleted{absl::StrCat(run_id, " deleted, ", ByteText(response->freed_bytes()), " freed"),
                 {{"run_id", run_id}, {"freed_bytes", absl::StrCat(response->freed_bytes())}}};
}

absl::StatusOr<Deleted> DeleteVersion(const std::string& name, bool allow_last, Client& client) {
  const absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (!reference.ok()) return reference.status();
  v1::DeleteModelVersionRequest request;
  request.set_model(reference->model);
  request.set_version(reference->version);
  request.set_allow_last(allow_last);
  const absl::StatusOr<v1::Model> model = client.DeleteModelVersion(request);
  if (!model.ok()) return Named(model.status(), name, reference->model);
  return Deleted{absl::StrCat(name, " deleted; versions left: ", model->versions_size()),
                 {{"model", request.model()}, {"version", absl::StrCat(request.version())}}};
}

// An alias may have moved since it was looked at: what goes for good has a number.
absl::Status CheckName(const std::string& name) {
  if (!absl::StrContains(name, "@")) return absl::OkStatus();
  const absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (reference.ok() && reference->version > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected a run such as s4-17 or a version such as s4@3, got `", name, "`"));
}

// One after another; what cannot be deleted does not keep the others.
absl::StatusOr<int> DeleteAll(const DeleteFlags& flags, Session& session) {
  int code = kExitOk;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const std::string& name : flags.names) {
    const absl::StatusOr<Deleted> deleted =
        absl::StrContains(name, "@") ? DeleteVersion(name, flags.last_version, session.client)
                                     : DeleteRun(name, session.client);
    if (session.environment.stop.stop_requested()) {
      code = kExitInterrupted;
      session.err() << "interrupted; see `trainctl runs` and `models` for what is left\n";
    } else if (!deleted.ok()) {
      code = kExitFailed;
      session.err() << ErrorLine(deleted.status()) << "\n";
    }
    if (deleted.ok() && !session.json) session.out() << deleted->text << std::endl;
    if (deleted.ok()) all.push_back(deleted->json);
    if (code == kExitInterrupted) break;
  }
  if (session.json) {
    session.out() << nlohmann::ordered_json({{"deleted", all}}).dump(1) << "\n";
  }
  return code;
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* command = app.add_subcommand(
      "delete", "Delete versions of models, or runs that have ended: events, checkpoints and logs");
  command
      ->add_option("name", flags->names,
                   "Runs, such as s4-17, and versions, such as s4@3; it does not ask back")
      ->required()
      ->type_name("RUN|MODEL@VERSION");
  command->add_flag("--last-version", flags->last_version,
                    "Also the only version that a model has");
  command->footer("Example:\n  trainctl delete s4-17 s4-18\n  trainctl delete s4@3");
  command->callback([&action, flags] {
    // What is wrong with any of them is said before the first is gone.
    for (const std::string& name : flags->names) RequireUsage(CheckName(name));
    action = [flags](Session& session) { return DeleteAll(*flags, session); };
  });
}

}  // namespace traind
