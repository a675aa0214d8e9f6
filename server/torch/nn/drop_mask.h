#ifndef TRAIND_SERVER_TORCH_NN_DROP_MASK_H_
#define TRAIND_SERVER_TORCH_NN_DROP_MASK_H_

#include "server/torch/torch_headers.h"

namespace traind {

// What dropout multiplies a tensor with: 0 with the given probability, in steps of
// 1/65536, otherwise the inverse of the share that is kept. Has the shape, type
// and device of `like`. `generator` belongs to that device.
at::Tensor DropMask(const at::Tensor& like, double probability, at::Generator generator);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_DROP_MASK_H_
