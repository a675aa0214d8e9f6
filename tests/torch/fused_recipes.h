#ifndef TRAIND_TESTS_TORCH_FUSED_RECIPES_H_
#define TRAIND_TESTS_TORCH_FUSED_RECIPES_H_

#include <ostream>
#include <string>
#include <vector>

#include "server/torch/nn/network.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Recipes whose networks the fused step fits, each with something of its own.
struct FusedCase {
  std::string name;  // for a test's name
  std::string layers;
  std::string input = "channels: 1 height: 12 width: 12";
};
std::vector<FusedCase> FusedCases();
void PrintTo(const FusedCase& fused_case, std::ostream* stream);

// The case's recipe: batches of 8, 3 classes, seed 3, SGD without momentum.
v1::Recipe FusedRecipe(const FusedCase& fused_case);

// Its network, with weights of batch normalisation of both signs.
Network FusedCaseNetwork(const v1::Recipe& recipe);

// Images and labels at random, the same for the same seed; images with a constant
// background, as digits have.
Batch RandomBatch(const v1::Recipe& recipe, int64_t row_count, uint64_t seed);

// Makes `to` hold the values of `from`.
void CopyNetwork(const Network& from, Network& to);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_FUSED_RECIPES_H_
