#ifndef TRAIND_SERVER_RECIPES_INITIAL_WEIGHTS_H_
#define TRAIND_SERVER_RECIPES_INITIAL_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/safetensors.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A version of a model, as `s4@7` or `s4@production` names it.
struct VersionReference {
  std::string model;
  int64_t version = 0;  // 0: see alias
  std::string alias;
};

// INVALID_ARGUMENT for what names no version: initial_weights.model.
absl::StatusOr<VersionReference> ParseVersionReference(absl::string_view text);

// Checks the fields of the recipe's initial weights, if it has any. INVALID_ARGUMENT.
absl::Status ValidateInitialWeights(const v1::Recipe& recipe);

// Which of a network's tensors a file has.
struct MatchedWeights {
  // The network's name of a tensor, and its place among the file's entries.
  std::vector<std::pair<std::string, size_t>> taken;
  // Those that begin at random, as the recipe says.
  std::vector<std::string> left;
};

// Holds a file's tensors against the recipe's network. `source` names the file for people.
// INVALID_ARGUMENT lists what is missing, what has another shape or a type that no weight
// has, and what is there without a place; and names new_layers of which nothing is there.
absl::StatusOr<MatchedWeights> MatchInitialWeights(const v1::Recipe& recipe,
                                                   absl::string_view source,
                                                   absl::Span<const SafetensorsEntry> entries);

// The recipe's own word for where its initial weights come from: `s4@7` or a file's name.
const std::string& InitialWeightsSource(const v1::InitialWeights& weights);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_INITIAL_WEIGHTS_H_
