#include "server/torch/train/precision_choice.h"

#include <string>

#include "server/torch/train/fused_step.h"

namespace traind {

v1::Precision ChoosePrecision(const v1::Recipe& recipe, const v1::Execution& execution) {
  const std::string& step = execution.step();
  const bool may_fuse = step.empty() || step == "auto" || step == "fused";
  const bool on_cpu = execution.device().empty() || execution.device() == "cpu";
  if (!may_fuse || !on_cpu || recipe.float64() || execution.trace()) return v1::PRECISION_FP32;
  return FusedStep::Plan(recipe, v1::PRECISION_BF16).ok() ? v1::PRECISION_BF16 : v1::PRECISION_FP32;
}

}  // namespace traind
