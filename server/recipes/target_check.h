#ifndef TRAIND_SERVER_RECIPES_TARGET_CHECK_H_
#define TRAIND_SERVER_RECIPES_TARGET_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What a dataset gives for each row.
struct TargetKind {
  int64_t value_count = 0;  // numbers to predict; 0: a class instead
  int64_t class_count = 0;  // every class is below it; 0 when that is not known
};

// Checks that a loss can be taken between such targets and a network's outputs: classes
// for cross entropy; for binary cross entropy one value for each output, or two classes
// with one output; otherwise one value for each output. INVALID_ARGUMENT says what was
// expected, what came and what to do.
absl::Status CheckTargets(const v1::Loss& loss, int64_t output_count, const TargetKind& targets);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_TARGET_CHECK_H_
