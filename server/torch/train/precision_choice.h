#ifndef TRAIND_SERVER_TORCH_TRAIN_PRECISION_CHOICE_H_
#define TRAIND_SERVER_TORCH_TRAIN_PRECISION_CHOICE_H_

#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// The precision of a run on this machine that leaves it open: bf16 on a CPU that multiplies
// it, for a recipe that fits the fused step and unless another step is asked for; else fp32.
v1::Precision ChoosePrecision(const v1::Recipe& recipe, const v1::Execution& execution);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_PRECISION_CHOICE_H_
