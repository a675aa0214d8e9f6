#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/usage_error.h"

// `promote`, `rollback`, `alias` and `canary`.
namespace traind {
namespace {

constexpr char kAliasHelp[] = "Alias that moves";

struct AliasFlags {
  std::string model;
  std::string alias = "production";
  int64_t version = 0;
  bool is_deletion = false;
};

std::string AliasText(const v1::Model& model, const std::string& alias) {
  for (const v1::ModelAlias& entry : model.aliases()) {
    if (entry.name() != alias) continue;
    const std::string before = entry.previous_version() > 0
                                   ? absl::StrCat(" (before: ", entry.previous_version(), ")")
                                   : "";
    return absl::StrCat(model.name(), "@", alias, " is version ", entry.version(), before);
  }
  return absl::StrCat(model.name(), "@", alias, " deleted");
}

absl::StatusOr<int> PrintModel(const absl::StatusOr<v1::Model>& model, const std::string& alias,
                               Session& session) {
  if (!model.ok()) return model.status();
  session.out() << (session.json ? JsonDocument(*model) : AliasText(*model, alias)) << "\n";
  return kExitOk;
}

absl::StatusOr<int> MoveAlias(const AliasFlags& flags, Session& session) {
  return PrintModel(session.client.SetModelAlias(flags.model, flags.alias, flags.version),
                    flags.alias, session);
}

void AddModel(CLI::App& command, std::string& model) {
  command.add_option("model", model, "Model, such as s4")->required()->type_name("MODEL");
}

absl::StatusOr<int> SetShare(const std::string& name, int percent, Session& session) {
  const absl::StatusOr<v1::Model> model = session.client.SetCanaryShare(name, percent);
  if (!model.ok()) return model.status();
  if (session.json) {
    session.out() << JsonDocument(*model) << "\n";
    return kExitOk;
  }
  session.out() << name << "@canary gets " << model->canary_percent()
                << "% of the requests that name no version\n";
  return kExitOk;
}

CLI::Option* AddVersion(CLI::App& command, AliasFlags& flags) {
  return command.add_option("version", flags.version, "Version, such as 3")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("VERSION");
}

void AddAlias(CLI::App& command, AliasFlags& flags) {
  command.add_option("--alias", flags.alias, kAliasHelp)->type_name("ALIAS")->capture_default_str();
}

}  // namespace

void AddPromoteCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<AliasFlags>();
  CLI::App* command = app.add_subcommand("promote", "Put a version into production");
  AddModel(*command, flags->model);
  AddVersion(*command, *flags)->required();
  AddAlias(*command, *flags);
  command->footer("Example:\n  trainctl promote s4 3\n  trainctl promote s4 4 --alias canary");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return MoveAlias(*flags, session); };
  });
}

void AddRollbackCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<AliasFlags>();
  CLI::App* command =
      app.add_subcommand("rollback", "Take back the last promotion; once only, see `alias`");
  AddModel(*command, flags->model);
  AddAlias(*command, *flags);
  command->footer("Example:\n  trainctl rollback s4");
  command->callback([&action, flags] {
    action = [flags](Session& session) {
      return PrintModel(session.client.RollbackModelAlias(flags->model, flags->alias), flags->alias,
                        session);
    };
  });
}

void AddAliasCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<AliasFlags>();
  CLI::App* command =
      app.add_subcommand("alias", "Point an alias of a model to a version, or delete it");
  AddModel(*command, flags->model);
  command->add_option("alias", flags->alias, "Alias, such as production")
      ->required()
      ->type_name("ALIAS");
  CLI::Option* version = AddVersion(*command, *flags);
  command->add_flag("--delete", flags->is_deletion, "Delete the alias; its version stays")
      ->excludes(version);
  command->footer("Example:\n  trainctl alias s4 canary 4\n  trainctl alias s4 canary --delete");
  command->callback([&action, flags] {
    if (!flags->is_deletion && flags->version == 0) {
      RequireUsage(absl::InvalidArgumentError("expected a version such as 3, or --delete"));
    }
    action = [flags](Session& session) {
      if (!flags->is_deletion) return MoveAlias(*flags, session);
      return PrintModel(session.client.DeleteModelAlias(flags->model, flags->alias), flags->alias,
                        session);
    };
  });
}

void AddCanaryCommand(CLI::App& app, Action& action) {
  struct Flags {
    std::string model;
    int percent = 0;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "canary", "Send a share of the requests that name no version to the alias canary");
  AddModel(*command, flags->model);
  command->add_option("percent", flags->percent, "How many of a hundred; 0 ends it")
      ->required()
      ->check(CLI::Range(0, 100))
      ->type_name("PERCENT");
  command->footer("Example:\n  trainctl alias s4 canary 4\n  trainctl canary s4 5");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return SetShare(flags->model, flags->percent, session); };
  });
}

}  // namespace traind
