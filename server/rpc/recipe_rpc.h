#ifndef TRAIND_SERVER_RPC_RECIPE_RPC_H_
#define TRAIND_SERVER_RPC_RECIPE_RPC_H_

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/recipes/recipe_catalog.h"
#include "server/rpc/call_door.h"
#include "traind/v1/recipe_service.grpc.pb.h"

namespace traind {

// traind.v1.RecipeService over the catalog. Stateless; thread-safe.
class RecipeRpc final : public v1::RecipeService::CallbackService {
 public:
  // All must outlive the service and its calls.
  RecipeRpc(const RecipeCatalog& recipes, CallDoor& door, const Limits& limits)
      : recipes_(recipes), door_(door), limits_(limits) {}

  grpc::ServerUnaryReactor* ListRecipes(grpc::CallbackServerContext* context,
                                        const v1::ListRecipesRequest* request,
                                        v1::ListRecipesResponse* response) override;
  grpc::ServerUnaryReactor* SummarizeRecipe(grpc::CallbackServerContext* context,
                                            const v1::SummarizeRecipeRequest* request,
                                            v1::RecipeSummary* summary) override;

 private:
  absl::StatusOr<v1::ListRecipesResponse> List(const v1::ListRecipesRequest& request) const;
  absl::StatusOr<v1::RecipeSummary> Summarize(const v1::SummarizeRecipeRequest& request) const;

  const RecipeCatalog& recipes_;
  CallDoor& door_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_RECIPE_RPC_H_
