#ifndef TRAIND_BENCH_TRAIN_STEP_COST_H_
#define TRAIND_BENCH_TRAIN_STEP_COST_H_

#include "server/fused/fused_plan.h"

namespace traind {

// The least that one sample of a step costs in one stage: additions and multiplications, and
// bytes of activations and gradients by them, each read or written once. Weights stay in the
// caches and are not counted. The denominators of a roofline.
struct StageCost {
  double forward_operations = 0;
  double backward_operations = 0;
  double forward_bytes = 0;
  double backward_bytes = 0;
};

// Of the stage at this place of the plan, with activations of so many bytes each. The first
// stage reads floats, and nobody needs the gradient by its input.
StageCost CostOf(const FusedPlan& plan, int stage, int element_bytes);

}  // namespace traind

#endif  // TRAIND_BENCH_TRAIN_STEP_COST_H_
