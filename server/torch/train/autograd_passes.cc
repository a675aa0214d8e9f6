#include "server/torch/train/autograd_passes.h"

#include <optional>

#include "server/base/status_macros.h"
#include "server/torch/random_generator.h"
#include "server/torch/train/autocast_scope.h"
#include "server/torch/train/seed_stream.h"
#include "server/torch/train/tf32_scope.h"
#include "server/torch/train/training_rows.h"

namespace traind {

AutogradPasses::AutogradPasses(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
                               Network& network)
    : seed_(recipe.seed()),
      type_(NumberType(recipe)),
      loss_(recipe.loss(), at::TensorOptions().device(device).dtype(type_)),
      precision_(precision),
      device_(device),
      network_(network),
      context_{true, MakeGenerator(device, 0)},
      parameters_(Tensors(network.parameters())) {
  for (const at::Tensor& parameter : parameters_) parameter.set_requires_grad(true);
}

void AutogradPasses::StartEpoch(int epoch) {
  Reseed(context_.dropout, StreamSeed(seed_, SeedStream::kDropout, epoch));
}

AutogradPasses::Result AutogradPasses::Run(const Batch& batch) {
  std::optional<Tf32Scope> tf32;
  if (precision_ == v1::PRECISION_TF32) tf32.emplace();
  // The loss is never computed in less than float32.
  const at::Tensor logits = Forward(batch.images).to(type_);
  const at::Tensor loss = LossOf(logits, batch);
  return {loss.detach(), logits.detach(), torch::autograd::grad({loss}, parameters_)};
}

at::Tensor AutogradPasses::LossOf(const at::Tensor& logits, const Batch& batch) const {
  const at::Tensor loss = loss_.Mean(logits, batch.labels);
  if (!batch.other_labels.defined()) return loss;
  // The rows' other classes are the same ones in another order, so that weights of classes
  // have the same sum in both means.
  return at::lerp(loss_.Mean(logits, batch.other_labels), loss, batch.label_shares.squeeze(0));
}

void AutogradPasses::Save(StateTensors& state) const {
  state.Put("dropout.generator", GeneratorState(context_.dropout));
}

absl::Status AutogradPasses::Load(StateTensors& state) {
  const at::Tensor generator = GeneratorState(context_.dropout);
  RETURN_IF_ERROR(state.TakeInto("dropout.generator", generator));
  SetGeneratorState(context_.dropout, generator);
  return absl::OkStatus();
}

at::Tensor AutogradPasses::Forward(const at::Tensor& images) const {
  if (precision_ != v1::PRECISION_BF16) return network_.Forward(images, context_);
  const AutocastScope autocast(device_.type(), at::kBFloat16);
  return network_.Forward(images, context_);
}

}  // namespace traind
