#ifndef TRAIND_SERVER_TORCH_TRAIN_FUSED_STEP_H_
#define TRAIND_SERVER_TORCH_TRAIN_FUSED_STEP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/fused/fused_plan.h"
#include "server/fused/step_engine.h"
#include "server/torch/nn/network.h"
#include "server/torch/train/gradient_accumulation.h"
#include "server/torch/train/optimizer.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A step by kernels of our own, without autograd, on the CPU in float32 or bf16, for the
// networks that it fits. Weights are updated by the same kernels for plain SGD of each
// batch, and otherwise as in the plain step. See docs/fused-step.md.
class FusedStep : public TrainStep {
 public:
  // The recipe's plan. UNIMPLEMENTED says why such a training does not fit.
  static absl::StatusOr<FusedPlan> Plan(const v1::Recipe& recipe, v1::Precision precision);

  // Trains `network`, which must outlive the step, where its tensors lie. `plan` is that
  // of the recipe.
  FusedStep(const v1::Recipe& recipe, v1::Precision precision, const FusedPlan& plan,
            int thread_count, Network& network);

  bool takes_bytes() const override { return true; }
  void StartEpoch(int epoch) override;
  StepResult Run(const Batch& batch, double learning_rate) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

  const StepEngine& engine() const { return *engine_; }

 private:
  // An update by what the engine's step has left, if one is due.
  void Update(const Batch& batch, double learning_rate);

  const int64_t seed_;
  const std::vector<at::Tensor> momentum_;  // in the order of the parameters; may be empty
  const std::unique_ptr<StepEngine> engine_;
  // Where the engine updates nothing; null otherwise.
  const std::unique_ptr<Optimizer> optimizer_;
  const v1::GradientClipping clipping_;
  const std::vector<at::Tensor> gradients_;  // the engine's, in the order of the parameters
  GradientAccumulation accumulation_;
  int epoch_ = 1;
  int64_t step_in_epoch_ = 0;  // finished ones; dropout's numbers come from it
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_FUSED_STEP_H_
