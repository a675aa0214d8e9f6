#ifndef TRAIND_SERVER_TORCH_TRAIN_STEP_FIT_H_
#define TRAIND_SERVER_TORCH_TRAIN_STEP_FIT_H_

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Whether what a recipe says beside its network fits a way to compute steps that does
// not take everything. UNIMPLEMENTED names the field that does not, what the step takes
// and what came.

// Of kernels of our own: cross entropy of float32, by SGD, one update for each batch.
absl::Status FitsFusedStep(const v1::Recipe& recipe);

// Of recordings: in float32, by SGD, one update for each batch.
absl::Status FitsCapturedSteps(const v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_STEP_FIT_H_
