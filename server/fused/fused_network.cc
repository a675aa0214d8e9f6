#include "server/fused/fused_network.h"

#include <utility>

#include "server/fused/typed_fused_network.h"

namespace traind {

std::unique_ptr<FusedNetwork> FusedNetwork::Create(FusedPlan plan,
                                                   absl::Span<const StageTensors> tensors,
                                                   const Options& options) {
  if (options.bf16) {
    return std::make_unique<TypedFusedNetwork<Bf16>>(std::move(plan), tensors, options);
  }
  return std::make_unique<TypedFusedNetwork<float>>(std::move(plan), tensors, options);
}

}  // namespace traind
