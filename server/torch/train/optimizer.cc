#include "server/torch/train/optimizer.h"

#include <utility>

#include "server/torch/train/adam.h"
#include "server/torch/train/rmsprop.h"
#include "server/torch/train/sgd.h"

namespace traind {

std::unique_ptr<Optimizer> MakeOptimizer(const v1::Optimizer& options,
                                         std::vector<at::Tensor> parameters) {
  switch (options.kind_case()) {
    case v1::Optimizer::kAdam:
      return std::make_unique<Adam>(options.adam(), WeightDecay::kGradient, std::move(parameters));
    case v1::Optimizer::kAdamw:
      return std::make_unique<Adam>(options.adamw(), WeightDecay::kWeight, std::move(parameters));
    case v1::Optimizer::kRmsprop:
      return std::make_unique<Rmsprop>(options.rmsprop(), std::move(parameters));
    case v1::Optimizer::kSgd:
    case v1::Optimizer::KIND_NOT_SET:
      break;
  }
  return std::make_unique<Sgd>(options.sgd(), std::move(parameters));
}

}  // namespace traind
