#ifndef TRAIND_SERVER_TORCH_TRAIN_GRADIENT_LAYOUT_H_
#define TRAIND_SERVER_TORCH_TRAIN_GRADIENT_LAYOUT_H_

#include <vector>

#include "server/torch/torch_headers.h"

namespace traind {

// The gradients in the memory layout of their parameters, which fused updates ask for.
// They nearly always have it.
std::vector<at::Tensor> LaidOutAs(const std::vector<at::Tensor>& parameters,
                                  const std::vector<at::Tensor>& gradients);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_GRADIENT_LAYOUT_H_
