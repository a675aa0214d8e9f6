#include "server/torch/train/autograd_step.h"

#include "server/base/status_macros.h"
#include "server/torch/random_generator.h"
#include "server/torch/train/autocast_scope.h"
#include "server/torch/train/seed_stream.h"

namespace traind {

AutogradStep::AutogradStep(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
                           Network& network)
    : seed_(recipe.seed()),
      label_smoothing_(recipe.loss().cross_entropy().label_smoothing()),
      autocast_(precision == v1::PRECISION_BF16),
      device_(device),
      network_(network),
      context_{true, MakeGenerator(device, 0)},
      parameters_(Tensors(network.parameters())),
      sgd_(recipe.optimizer().sgd(), parameters_) {
  for (at::Tensor& parameter : parameters_) parameter.set_requires_grad(true);
}

void AutogradStep::StartEpoch(int epoch) {
  Reseed(context_.dropout, StreamSeed(seed_, SeedStream::kDropout, epoch));
}

StepResult AutogradStep::Run(const Batch& batch, double learning_rate) {
  // The loss is always computed in float32.
  const at::Tensor logits = Forward(batch.images).to(at::kFloat);
  const at::Tensor loss =
      at::cross_entropy_loss(logits, batch.labels, /*weight=*/{}, at::Reduction::Mean,
                             /*ignore_index=*/-100, label_smoothing_);
  sgd_.Step(torch::autograd::grad({loss}, parameters_), learning_rate);

  const at::NoGradGuard no_grad;
  return {loss.detach(), logits.argmax(1).eq(batch.labels).sum()};
}

void AutogradStep::Save(StateTensors& state) const {
  sgd_.Save(state);
  state.Put("dropout.generator", GeneratorState(context_.dropout));
}

absl::Status AutogradStep::Load(StateTensors& state) {
  RETURN_IF_ERROR(sgd_.Load(state));
  const at::Tensor generator = GeneratorState(context_.dropout);
  RETURN_IF_ERROR(state.TakeInto("dropout.generator", generator));
  SetGeneratorState(context_.dropout, generator);
  return absl::OkStatus();
}

at::Tensor AutogradStep::Forward(const at::Tensor& images) const {
  if (!autocast_) return network_.Forward(images, context_);
  const AutocastScope autocast(device_.type(), at::kBFloat16);
  return network_.Forward(images, context_);
}

}  // namespace traind
