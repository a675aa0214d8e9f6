#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/text_table.h"

namespace traind {
namespace {

absl::StatusOr<v1::ListRecipesResponse> ListAll(Client& client) {
  v1::ListRecipesResponse all;
  v1::ListRecipesRequest request;
  do {
    absl::StatusOr<v1::ListRecipesResponse> page = client.ListRecipes(request);
    if (!page.ok()) return page.status();
    request.set_page_token(page->next_page_token());
    all.mutable_recipes()->MergeFrom(page->recipes());
  } while (!request.page_token().empty());
  return all;
}

absl::StatusOr<int> ListRecipes(Session& session) {
  const absl::StatusOr<v1::ListRecipesResponse> list = ListAll(session.client);
  if (!list.ok()) return list.status();
  if (session.json) {
    session.out() << JsonDocument(*list) << "\n";
    return kExitOk;
  }
  TextTable table({"NAME", "DATASET", "EPOCHS", "BATCH", "DESCRIPTION"});
  for (const v1::NamedRecipe& named : list->recipes()) {
    const v1::Recipe& recipe = named.recipe();
    table.AddRow({named.name(), recipe.data().dataset(), absl::StrCat(recipe.epoch_count()),
                  absl::StrCat(recipe.batch_size()), recipe.description()});
  }
  session.out() << table.Render();
  return kExitOk;
}

}  // namespace

void AddRecipesCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("recipes", "List the recipes that the server knows");
  command->footer("Example:\n  trainctl recipes");
  command->callback([&action] { action = ListRecipes; });
}

}  // namespace traind
