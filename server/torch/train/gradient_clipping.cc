#include "server/torch/train/gradient_clipping.h"

namespace traind {

std::vector<at::Tensor> Clipped(const v1::GradientClipping& options,
                                std::vector<at::Tensor> gradients) {
  if (gradients.empty()) return gradients;
  const at::NoGradGuard no_grad;
  switch (options.kind_case()) {
    case v1::GradientClipping::kMaxNorm: {
      const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
      // As there: a little more, so that nothing is divided by zero.
      const at::Tensor share = (options.max_norm() / (norm + 1e-6)).clamp_max_(1);
      return at::_foreach_mul(gradients, share);
    }
    case v1::GradientClipping::kMaxValue:
      gradients = at::_foreach_clamp_min(gradients, -options.max_value());
      at::_foreach_clamp_max_(gradients, options.max_value());
      return gradients;
    case v1::GradientClipping::KIND_NOT_SET:
      break;
  }
  return gradients;
}

}  // namespace traind
