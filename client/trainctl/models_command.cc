#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/model_reference.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

// The version's aliases, the canary with its share: `production,canary 5%`.
std::string AliasesText(const v1::Model& model, const v1::ModelVersion& version) {
  std::vector<std::string> names(version.aliases().begin(), version.aliases().end());
  for (std::string& name : names) {
    if (name == "canary" && model.canary_percent() > 0) {
      absl::StrAppend(&name, " ", model.canary_percent(), "%");
    }
  }
  return absl::StrJoin(names, ",");
}

std::string LoadStateText(const v1::ModelVersion& version) {
  return absl::AsciiStrToUpper(EnumWord(*v1::LoadState_descriptor(), version.load_state()));
}

// Nothing of what was published without a training.
std::string LossText(const v1::ModelVersion& version) {
  return version.run_id().empty() ? "" : absl::StrFormat("%.4f", version.eval_loss());
}

// Nothing where rows are neither right nor wrong.
std::string EvalAccuracyText(const v1::ModelVersion& version) {
  if (version.run_id().empty()) return "";
  const v1::Loss& loss = version.recipe().loss();
  if (loss.has_mean_squared_error() || loss.has_huber() || loss.has_half_squared_error()) return "";
  return absl::StrFormat("%.2f%%", 100 * version.eval_accuracy());
}

absl::StatusOr<int> ListModels(Session& session) {
  const absl::StatusOr<v1::ListModelsResponse> list = ListAllModels(session.client);
  if (!list.ok()) return list.status();
  if (session.json) {
    session.out() << JsonDocument(*list) << "\n";
    return kExitOk;
  }
  if (list->models().empty()) {
    session.err() << "no models yet; a training publishes one: `trainctl start --model s4`\n";
    return kExitOk;
  }
  TextTable table({"MODEL", "VERSION", "ALIASES", "STATE", "DEVICE", "SIZE", "ACCURACY", "LOSS",
                   "PARAMETERS", "RUN", "EPOCH", "AGE", "REASON"});
  for (const v1::Model& model : list->models()) {
    for (const v1::ModelVersion& version : model.versions()) {
      table.AddRow(
          {model.name(), absl::StrCat(version.version()), AliasesText(model, version),
           LoadStateText(version), version.device(), ByteText(version.size_bytes()),
           EvalAccuracyText(version), LossText(version), absl::StrCat(version.parameter_count()),
           version.run_id(), absl::StrCat(version.epoch()),
           DurationText(session.now() - ToTime(version.create_time())), version.load_reason()});
    }
  }
  session.out() << table.Render();
  return kExitOk;
}

}  // namespace

void AddModelsCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("models", "List published models and their versions");
  command->footer("Example:\n  trainctl models");
  command->callback([&action] { action = ListModels; });
}

}  // namespace traind
