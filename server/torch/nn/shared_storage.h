#ifndef TRAIND_SERVER_TORCH_NN_SHARED_STORAGE_H_
#define TRAIND_SERVER_TORCH_NN_SHARED_STORAGE_H_

#include <vector>

#include "server/torch/torch_headers.h"

namespace traind {

// Moves tensors of one type and device into one piece of memory and returns it, flat:
// one operation on it is one on all of them. Whoever holds the tensors sees them
// there, their values unchanged; 4-dimensional ones get this memory format. Each
// starts where a separate allocation could start. Two networks of the same layers
// get the same places. Call it before the tensors have gradients. Throws c10::Error.
at::Tensor MoveIntoSharedStorage(const std::vector<at::Tensor>& tensors, at::MemoryFormat format);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_SHARED_STORAGE_H_
