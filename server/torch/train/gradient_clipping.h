#ifndef TRAIND_SERVER_TORCH_TRAIN_GRADIENT_CLIPPING_H_
#define TRAIND_SERVER_TORCH_TRAIN_GRADIENT_CLIPPING_H_

#include <vector>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The gradients, bounded as torch.nn.utils.clip_grad_norm_ or clip_grad_value_ does; as
// they are when no kind is set. Does not wait for the device. Throws c10::Error.
std::vector<at::Tensor> Clipped(const v1::GradientClipping& options,
                                std::vector<at::Tensor> gradients);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_GRADIENT_CLIPPING_H_
