#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/model_reference.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

absl::Status CheckUnloadName(const std::string& name) {
  const absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (reference.ok() && reference->alias.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected a model such as s4 or a version such as s4@3, got `", name, "`"));
}

std::string Text(const std::string& model, const v1::UnloadModelResponse& response) {
  if (response.versions_size() == 0) return absl::StrCat(model, ": nothing was loaded");
  return absl::StrCat(model, ": version ", absl::StrJoin(response.versions(), ", "), " unloaded, ",
                      ByteText(response.freed_bytes()), " freed");
}

absl::StatusOr<int> Unload(const std::string& name, Session& session) {
  const absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (!reference.ok()) return reference.status();
  const absl::StatusOr<v1::UnloadModelResponse> response =
      session.client.UnloadModel(reference->model, reference->version);
  if (!response.ok()) return response.status();
  session.out() << (session.json ? JsonDocument(*response) : Text(reference->model, *response))
                << "\n";
  return kExitOk;
}

}  // namespace

void AddUnloadCommand(CLI::App& app, Action& action) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "unload", "Give back a model's memory; the next request for it loads it again");
  command->add_option("model", *name, "Model, such as s4, or a version of it, such as s4@3")
      ->required()
      ->type_name("MODEL[@VERSION]");
  command->footer("Example:\n  trainctl unload s4@3");
  command->callback([&action, name] {
    RequireUsage(CheckUnloadName(*name));
    action = [name](Session& session) { return Unload(*name, session); };
  });
}

}  // namespace traind
