#include "server/torch/train/autograd_step.h"

#include "server/base/status_macros.h"

namespace traind {

AutogradStep::AutogradStep(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
                           Network& network)
    : passes_(recipe, precision, device, network),
      sgd_(recipe.optimizer().sgd(), passes_.parameters()) {}

StepResult AutogradStep::Run(const Batch& batch, double learning_rate) {
  const AutogradPasses::Result result = passes_.Run(batch);
  sgd_.Step(result.gradients, learning_rate);
  return {result.loss, result.logits.argmax(1).eq(batch.labels).sum()};
}

void AutogradStep::Save(StateTensors& state) const {
  sgd_.Save(state);
  passes_.Save(state);
}

absl::Status AutogradStep::Load(StateTensors& state) {
  RETURN_IF_ERROR(sgd_.Load(state));
  return passes_.Load(state);
}

}  // namespace traind
