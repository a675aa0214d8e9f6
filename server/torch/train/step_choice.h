#ifndef TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_
#define TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/torch/train/evaluator.h"
#include "server/torch/train/training_steps.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A way to compute steps, by its name in execution.step.
struct StepChoice {
  std::string name;
  std::function<std::unique_ptr<TrainingSteps>(const StepParts& parts)> make;
  // The forward pass that evaluates a network, with the weights that it has now. Null:
  // the network's own.
  std::function<Evaluator::ForwardPass(const Network& network)> make_forward = nullptr;
  // Why a faster one was not taken, for people; empty where nothing is to be said.
  std::string reason = "";
  // What the way uses of the processor that LibTorch's capability does not name, since it decides
  // bits too: "amx", or empty.
  std::string extension = "";
};

// The way that the execution names, or the fastest one for the device: on a CPU `fused`
// where the recipe and the precision fit it, else `plain`; on a GPU a captured one, in the memory
// layout that suits the precision. INVALID_ARGUMENT for one that the device or, with the layer that
// is too much, the recipe cannot do; FAILED_PRECONDITION when what it needs is not installed.
absl::StatusOr<StepChoice> ChooseStep(const v1::Recipe& recipe, const v1::Execution& execution,
                                      at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_STEP_CHOICE_H_
