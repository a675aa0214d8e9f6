#ifndef TRAIND_SERVER_TORCH_NN_INITIAL_VALUES_H_
#define TRAIND_SERVER_TORCH_NN_INITIAL_VALUES_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Inputs and outputs of one unit of a layer, as torch.nn.init counts them: out counts the
// places of a kernel.
struct UnitFans {
  int64_t in;
  int64_t out;
};

// Values that a tensor on the CPU begins with: those of torch.nn.init's function of the
// same name, or those that are listed. Without a kind: those that PyTorch's convolutions
// and linear layers begin with. A valid initializer; throws c10::Error.
at::Tensor InitialValues(const v1::Initializer& initializer, at::IntArrayRef sizes,
                         at::ScalarType type, const UnitFans& fans, at::Generator& generator);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_INITIAL_VALUES_H_
