#ifndef TRAIND_SERVER_TORCH_TRAIN_OPTIMIZER_H_
#define TRAIND_SERVER_TORCH_TRAIN_OPTIMIZER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Updates parameters, by their gradients and a rate. Not thread-safe. Throws c10::Error.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One update in place; `gradients` in the order of the parameters, may be overwritten.
  // Does not wait for the device.
  virtual void Step(const std::vector<at::Tensor>& gradients, double learning_rate) = 0;

  // Saves what the next update needs, or goes on from it. DATA_LOSS.
  virtual void Save(StateTensors& state) const = 0;
  virtual absl::Status Load(StateTensors& state) = 0;
};

// The recipe's optimizer, which must be valid, of these parameters.
std::unique_ptr<Optimizer> MakeOptimizer(const v1::Optimizer& options,
                                         std::vector<at::Tensor> parameters);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_OPTIMIZER_H_
