#include "server/torch/train/gradient_layout.h"

namespace traind {

std::vector<at::Tensor> LaidOutAs(const std::vector<at::Tensor>& parameters,
                                  const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> result = gradients;
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i].strides() == parameters[i].strides()) continue;
    result[i] = at::empty_like(parameters[i]).copy_(gradients[i]);
  }
  return result;
}

}  // namespace traind
