#ifndef TRAIND_SERVER_RECIPES_INITIALIZER_CHECKS_H_
#define TRAIND_SERVER_RECIPES_INITIALIZER_CHECKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Checks how a tensor of weights begins, but for how many values are listed: its kind and
// its numbers. A bias has no inputs and outputs to draw by. INVALID_ARGUMENT.
absl::Status CheckInitializer(const std::string& path, const v1::Initializer& initializer,
                              bool is_bias);

// Checks that as many values are listed, if any are, as the tensor has. INVALID_ARGUMENT
// begins with `field`.
absl::Status CheckListedValues(absl::string_view field, const v1::Initializer& initializer,
                               const std::vector<int64_t>& sizes);

// Both initializers of a layer that has weights and, unless turned off, a bias: a Conv1d,
// Conv2d or Linear.
template <class Options>
absl::Status CheckInitializers(const std::string& path, const Options& options) {
  if (options.has_weight()) {
    RETURN_IF_ERROR(CheckInitializer(path + ".weight", options.weight(), /*is_bias=*/false));
  }
  if (!options.has_bias_values()) return absl::OkStatus();
  if (options.has_bias() && !options.bias()) {
    return FieldError(path + ".bias_values", "nothing, as bias is false", "an initializer");
  }
  return CheckInitializer(path + ".bias_values", options.bias_values(), /*is_bias=*/true);
}

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_INITIALIZER_CHECKS_H_
