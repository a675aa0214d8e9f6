#ifndef TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_
#define TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/torch/train/training_steps.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A way to compute steps, by its name in execution.step.
struct StepChoice {
  std::string name;
  std::function<std::unique_ptr<TrainingSteps>(const StepParts& parts)> make;
};

// The way that the execution names, or the fastest one for the device: `plain` on a
// CPU, on a GPU a captured one, in the memory layout that suits the precision.
// INVALID_ARGUMENT for one that the device cannot do; FAILED_PRECONDITION when what
// it needs is not installed.
absl::StatusOr<StepChoice> ChooseStep(const v1::Execution& execution, at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_
