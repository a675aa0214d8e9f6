#ifndef TRAIND_SERVER_FUSED_STAGE_TENSORS_H_
#define TRAIND_SERVER_FUSED_STAGE_TENSORS_H_

#include <vector>

#include "server/fused/fused_plan.h"

namespace traind {

// The tensors of one stage, contiguous, in PyTorch's layout; null where there is none.
// The memory is the caller's. For gradients and momentum the statistics are unused.
struct StageTensors {
  float* weight = nullptr;  // [out, in, kernel, kernel] or [out, in features]
  float* bias = nullptr;    // [out]
  // Batch normalisation of the output, [out] each.
  float* scale = nullptr;
  float* shift = nullptr;
  float* running_mean = nullptr;
  float* running_variance = nullptr;
};

// The optimised ones of a stage's tensors.
struct StageParameter {
  float* StageTensors::*tensor;
  int64_t size;
};
inline std::vector<StageParameter> ParametersOf(const FusedStage& stage) {
  const int64_t channels = stage.out_channels;
  std::vector<StageParameter> parameters;
  if (stage.has_weights()) {
    parameters.push_back({&StageTensors::weight,
                          channels * stage.in_channels * stage.kernel_height * stage.kernel_width});
  }
  if (stage.bias) parameters.push_back({&StageTensors::bias, channels});
  if (stage.batch_norm) {
    parameters.push_back({&StageTensors::scale, channels});
    parameters.push_back({&StageTensors::shift, channels});
  }
  return parameters;
}

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_TENSORS_H_
