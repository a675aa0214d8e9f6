#ifndef TRAIND_TESTS_TORCH_RESIDUAL_REFERENCE_H_
#define TRAIND_TESTS_TORCH_RESIDUAL_REFERENCE_H_

#include <map>
#include <string>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

using TensorsByName = std::map<std::string, at::Tensor>;

// The definition of a network with residual blocks, by the tensor library's functions one
// after another. `tensors` are named `layers.3.layers.0.weight`; running statistics stay
// as they are.
at::Tensor ReferenceForward(const v1::Network& network, const TensorsByName& tensors,
                            const at::Tensor& images, bool training);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_RESIDUAL_REFERENCE_H_
