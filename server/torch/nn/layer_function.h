#ifndef TRAIND_SERVER_TORCH_NN_LAYER_FUNCTION_H_
#define TRAIND_SERVER_TORCH_NN_LAYER_FUNCTION_H_

#include <functional>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// [N, ...] in floating point to what a layer makes of it. Does not change its input, which
// its output may share storage with. Thread-safe; throws c10::Error.
using LayerFunction = std::function<at::Tensor(const at::Tensor& input)>;

// What a layer computes that has neither weights nor random numbers nor other layers: an
// activation, a pooling or flatten, as PyTorch's module of the same name. Training and
// inference share it. Null for other kinds.
LayerFunction LayerFunctionOf(const v1::Layer& layer);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_LAYER_FUNCTION_H_
