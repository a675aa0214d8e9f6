#ifndef TRAIND_SERVER_TORCH_TRAIN_START_WEIGHTS_H_
#define TRAIND_SERVER_TORCH_TRAIN_START_WEIGHTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/torch/nn/network.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Sets the networks' tensors, which are those of the recipe, from the safetensors file of
// its initial weights; each value is rounded to the network's type. Returns what was taken,
// for people. INVALID_ARGUMENT as MatchInitialWeights; FAILED_PRECONDITION for a file that
// is absent, damaged or of another SHA-256 than the recipe's, if that has one. Throws
// c10::Error.
absl::StatusOr<std::string> LoadInitialWeights(const v1::Recipe& recipe, const std::string& path,
                                               absl::Span<const Network* const> networks);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_START_WEIGHTS_H_
