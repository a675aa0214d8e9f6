#include "server/fused/step_engine.h"

#include <utility>

#include "server/fused/typed_step_engine.h"

namespace traind {

std::unique_ptr<StepEngine> StepEngine::Create(FusedPlan plan, const Options& options,
                                               std::vector<StageTensors> network,
                                               std::vector<StageTensors> momentum) {
  if (options.bf16) {
    return std::make_unique<TypedStepEngine<Bf16>>(std::move(plan), options, std::move(network),
                                                   std::move(momentum));
  }
  return std::make_unique<TypedStepEngine<float>>(std::move(plan), options, std::move(network),
                                                  std::move(momentum));
}

}  // namespace traind
