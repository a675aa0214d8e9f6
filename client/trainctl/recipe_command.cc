#include <google/protobuf/text_format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/field_list.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/recipe_flags.h"
#include "client/trainctl/run_comparison.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct RecipeCommandFlags {
  std::vector<std::string> sources;
  std::vector<std::string> sets;
};

// A name that a recipe on the server can have has neither; a file's has one or the other.
bool IsFile(const std::string& source) { return source.find_first_of("./") != std::string::npos; }

// The recipe as the server has read and checked it.
absl::StatusOr<v1::RecipeSummary> Resolve(const std::string& source,
                                          const std::vector<std::string>& sets, Session& session) {
  RecipeFlags flags{.name = "", .file = "", .sets = sets};
  (IsFile(source) ? flags.file : flags.name) = source;
  v1::SummarizeRecipeRequest request;
  if (absl::Status status = FillRecipe(flags, request); !status.ok()) return status;
  const absl::StatusOr<v1::RecipeSummary> summary = session.client.SummarizeRecipe(request);
  if (summary.ok()) return summary;
  return absl::Status(summary.status().code(),
                      absl::StrCat(source, ": ", std::string(summary.status().message())));
}

absl::StatusOr<v1::Recipe> ReadRecipe(const std::string& source,
                                      const std::vector<std::string>& sets, Session& session) {
  absl::StatusOr<v1::RecipeSummary> summary = Resolve(source, sets, session);
  if (!summary.ok()) return summary.status();
  if (!summary->has_recipe()) {
    return absl::FailedPreconditionError(
        "expected the recipe in the server's answer, got none: the server is older than this "
        "trainctl; update it");
  }
  return std::move(*summary->mutable_recipe());
}

// How large a network is; what is in a module is known once it is trained.
std::string Extent(const v1::RecipeSummary& summary) {
  if (summary.recipe().network().has_module()) {
    return absl::StrCat("the module ", summary.recipe().network().module().name());
  }
  return absl::StrCat(summary.layers_size(), " layers, ", summary.parameter_count(), " parameters");
}

absl::StatusOr<int> Check(const RecipeCommandFlags& flags, Session& session) {
  for (const std::string& source : flags.sources) {
    const absl::StatusOr<v1::RecipeSummary> summary = Resolve(source, flags.sets, session);
    if (!summary.ok()) return summary.status();
    if (session.json) {
      session.out() << JsonLine(*summary) << "\n";
    } else {
      session.out() << source << ": good: " << summary->recipe_name() << ", " << Extent(*summary)
                    << "\n";
    }
  }
  return kExitOk;
}

absl::StatusOr<int> ShowRecipe(const RecipeCommandFlags& flags, Session& session) {
  const absl::StatusOr<v1::Recipe> recipe = ReadRecipe(flags.sources.front(), flags.sets, session);
  if (!recipe.ok()) return recipe.status();
  if (session.json) {
    session.out() << JsonDocument(*recipe) << "\n";
    return kExitOk;
  }
  std::string text;
  google::protobuf::TextFormat::PrintToString(*recipe, &text);
  session.out() << text;
  return kExitOk;
}

absl::StatusOr<int> Diff(const RecipeCommandFlags& flags, Session& session) {
  std::vector<std::vector<FieldValue>> lists;
  for (const std::string& source : flags.sources) {
    const absl::StatusOr<v1::Recipe> recipe = ReadRecipe(source, {}, session);
    if (!recipe.ok()) return recipe.status();
    lists.push_back(ListFields(*recipe));
  }
  session.out() << DifferenceText(FieldDifferences(lists), flags.sources);
  return kExitOk;
}

using RecipeAction = absl::StatusOr<int> (*)(const RecipeCommandFlags&, Session&);

CLI::App* AddAction(CLI::App& recipe, const std::string& name, const std::string& description,
                    int source_count_max, RecipeAction run, Action& action) {
  auto flags = std::make_shared<RecipeCommandFlags>();
  CLI::App* command = recipe.add_subcommand(name, description);
  const bool two = run == Diff;
  command
      ->add_option("recipe", flags->sources,
                   "File on this machine (with a dot or a slash), or name on the server")
      ->required()
      ->expected(two ? 2 : 1, source_count_max)
      ->type_name(two                    ? "FILE|NAME FILE|NAME"
                  : source_count_max > 1 ? "FILE|NAME..."
                                         : "FILE|NAME");
  if (!two) {
    command->add_option("--set", flags->sets, "Change a field of the recipe")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->expected(1);
  }
  command->callback([&action, flags, run] {
    for (const std::string& set : flags->sets) RequireUsage(ParseOverride(set).status());
    action = [flags, run](Session& session) { return run(*flags, session); };
  });
  return command;
}

}  // namespace

void AddRecipeCommand(CLI::App& app, Action& action) {
  constexpr int kFilesMax = 1000;
  CLI::App* recipe = app.add_subcommand("recipe", "Check, print and compare recipes");
  recipe->require_subcommand(1);
  AddAction(*recipe, "check",
            "Say whether recipes can be trained, and what is wrong with the first that cannot",
            kFilesMax, Check, action)
      ->footer("Example:\n  trainctl recipe check my-net.textproto");
  AddAction(*recipe, "show", "Print a recipe as it is trained, changes applied", 1, ShowRecipe,
            action)
      ->footer("Example:\n  trainctl recipe show s4 --set batch_size=64");
  AddAction(*recipe, "diff", "Print the fields that differ", 2, Diff, action)
      ->footer("Example:\n  trainctl recipe diff s4 my-net.textproto");
  recipe->footer("Example:\n  trainctl recipe check my-net.textproto");
}

}  // namespace traind
