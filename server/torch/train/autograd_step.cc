#include "server/torch/train/autograd_step.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/torch/train/gradient_clipping.h"

namespace traind {

AutogradStep::AutogradStep(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
                           Network& network, StepTrace* trace)
    : clipping_(recipe.gradient_clipping()),
      trace_(trace),
      passes_(recipe, precision, device, network),
      accumulation_(recipe.has_accumulate_batches() ? recipe.accumulate_batches() : 1,
                    passes_.parameters()),
      optimizer_(MakeOptimizer(recipe.optimizer(), passes_.parameters())) {
  passes_.Observe(trace);
}

StepResult AutogradStep::Run(const Batch& batch, double learning_rate) {
  if (trace_ != nullptr) trace_->Begin(batch);
  const AutogradPasses::Result result = passes_.Run(batch);
  if (trace_ != nullptr) trace_->End(result.loss, result.gradients);
  at::Tensor weight;
  if (accumulation_.is_needed()) weight = passes_.loss().Weight(batch.labels);
  auto gradients = accumulation_.Add(result.gradients, weight, batch.is_last);
  if (gradients) optimizer_->Step(Clipped(clipping_, *std::move(gradients)), learning_rate);
  return {result.loss, passes_.loss().CorrectCount(result.logits, batch.labels)};
}

void AutogradStep::Save(StateTensors& state) const {
  optimizer_->Save(state);
  accumulation_.Save(state);
  passes_.Save(state);
}

absl::Status AutogradStep::Load(StateTensors& state) {
  RETURN_IF_ERROR(optimizer_->Load(state));
  RETURN_IF_ERROR(accumulation_.Load(state));
  return passes_.Load(state);
}

}  // namespace traind
