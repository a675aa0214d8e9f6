#ifndef TRAIND_SERVER_TORCH_TRAIN_TF32_SCOPE_H_
#define TRAIND_SERVER_TORCH_TRAIN_TF32_SCOPE_H_

#include "server/torch/torch_headers.h"

namespace traind {

// Lets convolutions and products of matrices on a GPU round their inputs to TF32
// within its scope, outside of which they are exact. A setting of the whole process;
// the backward pass reads it too, on a thread of its own.
class Tf32Scope {
 public:
  Tf32Scope() { Allow(true); }
  Tf32Scope(const Tf32Scope&) = delete;
  ~Tf32Scope() { Allow(false); }

 private:
  static void Allow(bool allowed) {
    at::globalContext().setAllowTF32CuDNN(allowed);
    at::globalContext().setAllowTF32CuBLAS(allowed);
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TF32_SCOPE_H_
