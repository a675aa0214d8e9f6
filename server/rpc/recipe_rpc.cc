#include "server/rpc/recipe_rpc.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_source.h"
#include "server/recipes/recipe_summary.h"
#include "server/rpc/answer.h"

namespace traind {

grpc::ServerUnaryReactor* RecipeRpc::ListRecipes(grpc::CallbackServerContext* context,
                                                 const v1::ListRecipesRequest* request,
                                                 v1::ListRecipesResponse* response) {
  return door_.Serve(context, "RecipeService/ListRecipes",
                     [this, request, response] { return Answer(List(*request), response); });
}

grpc::ServerUnaryReactor* RecipeRpc::SummarizeRecipe(grpc::CallbackServerContext* context,
                                                     const v1::SummarizeRecipeRequest* request,
                                                     v1::RecipeSummary* summary) {
  return door_.Serve(context, "RecipeService/SummarizeRecipe",
                     [this, request, summary] { return Answer(Summarize(*request), summary); });
}

absl::StatusOr<v1::ListRecipesResponse> RecipeRpc::List(
    const v1::ListRecipesRequest& request) const {
  constexpr int kPageSizeDefault = 100;
  if (request.page_size() < 0 || request.page_size() > limits_.page_size_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_size: expected 0 to ", limits_.page_size_max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  v1::ListRecipesResponse response;
  // The token is the last name of the page before, so a page starts right after it.
  auto next = recipes_.recipes().upper_bound(request.page_token());
  for (; next != recipes_.recipes().end() && response.recipes_size() < page_size; ++next) {
    v1::NamedRecipe& named = *response.add_recipes();
    named.set_name(next->first);
    *named.mutable_recipe() = next->second;
  }
  if (next != recipes_.recipes().end()) {
    response.set_next_page_token(response.recipes(page_size - 1).name());
  }
  return response;
}

absl::StatusOr<v1::RecipeSummary> RecipeRpc::Summarize(
    const v1::SummarizeRecipeRequest& request) const {
  ASSIGN_OR_RETURN(v1::Recipe recipe, ResolveRecipe(request, recipes_, limits_));
  ASSIGN_OR_RETURN(v1::RecipeSummary summary, traind::SummarizeRecipe(recipe));
  *summary.mutable_recipe() = std::move(recipe);
  return summary;
}

}  // namespace traind
