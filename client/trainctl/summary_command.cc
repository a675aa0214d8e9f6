#include <memory>

#include "client/trainctl/architecture_table.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/layer_table.h"
#include "client/trainctl/recipe_flags.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

absl::StatusOr<int> Summarize(const RecipeFlags& flags, Session& session) {
  v1::SummarizeRecipeRequest request;
  if (absl::Status status = FillRecipe(flags, request); !status.ok()) return status;
  const absl::StatusOr<v1::RecipeSummary> summary = session.client.SummarizeRecipe(request);
  if (!summary.ok()) return summary.status();
  if (session.json) {
    session.out() << JsonDocument(*summary) << "\n";
  } else {
    session.out() << LayerTable(*summary) << "\n" << ArchitectureTable(*summary);
  }
  return kExitOk;
}

}  // namespace

void AddSummaryCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<RecipeFlags>();
  CLI::App* command =
      app.add_subcommand("summary", "Print a network's layers, parameters and receptive fields");
  CLI::Option_group* source = command->add_option_group("recipe", "What to summarize");
  source->add_option("name", flags->name, "Recipe on the server, such as s4")->type_name("NAME");
  source->add_option("--recipe", flags->file, "Recipe on this machine (textproto)")
      ->type_name("FILE");
  source->require_option(1);
  command->add_option("--set", flags->sets, "Change a field of the recipe")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->expected(1);
  command->footer("Example:\n  trainctl summary s4");
  command->callback([&action, flags] {
    for (const std::string& set : flags->sets) RequireUsage(ParseOverride(set).status());

    action = [flags](Session& session) { return Summarize(*flags, session); };
  });
}

}  // namespace traind
