#ifndef TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_STEP_H_
#define TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_STEP_H_

#include <memory>

#include "server/torch/nn/network.h"
#include "server/torch/train/autograd_passes.h"
#include "server/torch/train/gradient_accumulation.h"
#include "server/torch/train/optimizer.h"
#include "server/torch/train/step_trace.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A step by the tensor library's own automatic differentiation: works for every
// recipe on every device, and is what faster steps are compared with.
class AutogradStep : public TrainStep {
 public:
  // Trains `network`. It and `trace`, which gets what each step sees and may be null, must
  // outlive the step.
  AutogradStep(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
               Network& network, StepTrace* trace = nullptr);

  void StartEpoch(int epoch) override { passes_.StartEpoch(epoch); }
  StepResult Run(const Batch& batch, double learning_rate) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

 private:
  const v1::GradientClipping clipping_;
  StepTrace* const trace_;
  AutogradPasses passes_;
  GradientAccumulation accumulation_;
  const std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_STEP_H_
