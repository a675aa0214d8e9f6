#include "bench/train/step_cost.h"

#include <cstdint>

namespace traind {

StageCost CostOf(const FusedPlan& plan, int stage, int element_bytes) {
  const FusedStage& is = plan.stages[stage];
  const bool first = stage == 0;
  // Additions and multiplications of the convolution; the gradients by the weights and by the
  // input are as many each.
  const double operations = 2.0 * static_cast<double>(is.out_pixels()) * is.out_channels *
                            is.kernel_height * is.kernel_width * is.in_channels;
  // What the stage below put out, before any pooling, is what is read and what gets a gradient.
  double below_bytes = 0;
  if (first) {
    below_bytes = static_cast<double>(sizeof(float)) * is.in_channels * is.in_height * is.in_width;
  } else {
    const FusedStage& below = plan.stages[stage - 1];
    below_bytes = static_cast<double>(element_bytes) * below.out_channels *
                  static_cast<double>(below.out_pixels());
  }
  const double out_bytes =
      static_cast<double>(element_bytes) * is.out_channels * static_cast<double>(is.out_pixels());
  StageCost cost;
  cost.forward_operations = operations;
  cost.backward_operations = first ? operations : 2 * operations;
  cost.forward_bytes = below_bytes + out_bytes;
  // Reads the output, for ReLU and batch normalisation, the gradient by it, and the input.
  cost.backward_bytes = 2 * out_bytes + (first ? below_bytes : 2 * below_bytes);
  return cost;
}

}  // namespace traind
