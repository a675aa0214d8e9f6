#include "server/torch/train/step_choice.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/kernels/amx_support.h"
#include "server/recipes/recipe_validation.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/device.h"
#include "server/torch/nn/fused_forward.h"
#include "server/torch/train/autograd_step.h"
#include "server/torch/train/captured_steps.h"
#include "server/torch/train/eager_steps.h"
#include "server/torch/train/fused_step.h"
#include "server/torch/train/step_fit.h"

namespace traind {
namespace {

constexpr char kPlain[] = "plain";
constexpr char kFused[] = "fused";
constexpr char kCaptured[] = "captured";
constexpr char kCapturedChannelsLast[] = "captured_channels_last";

std::unique_ptr<TrainingSteps> MakePlain(const StepParts& parts) {
  return std::make_unique<EagerSteps>(
      parts, std::make_unique<AutogradStep>(parts.recipe, parts.precision, parts.device,
                                            parts.network, parts.trace));
}

// Whether the step multiplies by AMX; a processor that has it but may not use it is worth a word.
void NoteAmx(v1::Precision precision, StepChoice& choice) {
  if (precision != v1::PRECISION_BF16) return;
  const absl::Status& amx = AmxBf16Status();
  if (amx.ok()) {
    choice.extension = "amx";
  } else if (!absl::IsUnimplemented(amx)) {
    choice.reason = absl::StrCat("without AMX: ", amx.message());
  }
}

StepChoice Fused(const FusedPlan& plan, const v1::Execution& execution) {
  const int thread_count = ResolveThreadCount(execution.thread_count());
  StepChoice choice;
  choice.name = kFused;
  NoteAmx(execution.precision(), choice);
  choice.make = [plan, thread_count](const StepParts& parts) {
    return std::make_unique<EagerSteps>(
        parts, std::make_unique<FusedStep>(parts.recipe, parts.precision, plan, thread_count,
                                           parts.network));
  };
  choice.make_forward = [plan, thread_count](const Network& network) {
    // Shared, as a std::function is copied.
    auto forward = std::make_shared<FusedForward>(plan, network, thread_count);
    return [forward](const at::Tensor& images) { return (*forward)(images); };
  };
  return choice;
}

// For want of a faster one.
StepChoice Plain(std::string reason) {
  StepChoice choice = {kPlain, MakePlain};
  choice.reason = std::move(reason);
  return choice;
}

// The fastest one on a CPU.
StepChoice ForCpu(const v1::Recipe& recipe, const v1::Execution& execution) {
  const absl::StatusOr<FusedPlan> plan = FusedStep::Plan(recipe, execution.precision());
  if (plan.ok()) return Fused(*plan, execution);
  return Plain(absl::StrCat("the fused step does not fit: ", plan.status().message()));
}

absl::Status NeedsOther(absl::string_view name, absl::string_view needed, at::Device device) {
  return absl::InvalidArgumentError(absl::StrCat("execution.step: ", name, " needs a ", needed,
                                                 " device, got ", device.str(), "; use ", kPlain));
}

absl::StatusOr<StepChoice> ChooseFused(const v1::Recipe& recipe, const v1::Execution& execution,
                                       at::Device device) {
  if (!device.is_cpu()) return NeedsOther(kFused, "CPU", device);
  const absl::StatusOr<FusedPlan> plan = FusedStep::Plan(recipe, execution.precision());
  if (plan.ok()) return Fused(*plan, execution);
  return absl::InvalidArgumentError(absl::StrCat(
      "execution.step: ", kFused, " does not fit: ", plan.status().message(), "; use ", kPlain));
}

absl::StatusOr<StepChoice> ChooseCaptured(const std::string& name, const v1::Recipe& recipe,
                                          at::Device device) {
  if (device.is_cpu()) return NeedsOther(name, "CUDA", device);
  if (const absl::Status fits = FitsCapturedSteps(recipe); !fits.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "execution.step: ", name, " does not fit: ", fits.message(), "; use ", kPlain));
  }
  // Asked before anything is built on it.
  RETURN_IF_ERROR(MakeDeviceGraph(device).status());
  const at::MemoryFormat format =
      name == kCaptured ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
  return StepChoice{name, [format](const StepParts& parts) {
                      return std::make_unique<CapturedSteps>(
                          parts, format,
                          [device = parts.device] { return MakeDeviceGraph(device); });
                    }};
}

// The fastest one on a GPU that the recipe fits. Tensor cores work on channels_last; in
// full precision it gains nothing.
absl::StatusOr<StepChoice> ForGpu(const v1::Recipe& recipe, v1::Precision precision,
                                  at::Device device) {
  if (!MakeDeviceGraph(device).ok()) return Plain("");
  if (const absl::Status fits = FitsCapturedSteps(recipe); !fits.ok()) {
    return Plain(absl::StrCat("captured steps do not fit: ", fits.message()));
  }
  const bool tensor_cores = precision == v1::PRECISION_BF16 || precision == v1::PRECISION_TF32;
  return ChooseCaptured(tensor_cores ? kCapturedChannelsLast : kCaptured, recipe, device);
}

}  // namespace

absl::StatusOr<StepChoice> ChooseStep(const v1::Recipe& recipe, const v1::Execution& execution,
                                      at::Device device) {
  RETURN_IF_ERROR(ValidateTogether(recipe, execution));
  const std::string& asked = execution.step();
  const bool free_choice = asked.empty() || asked == "auto";
  if (free_choice && execution.trace()) return Plain("the others cannot be traced");
  if (free_choice && device.is_cpu()) return ForCpu(recipe, execution);
  if (free_choice) return ForGpu(recipe, execution.precision(), device);
  if (asked == kPlain) return Plain("");
  if (asked == kFused) return ChooseFused(recipe, execution, device);
  if (asked == kCaptured || asked == kCapturedChannelsLast) {
    return ChooseCaptured(asked, recipe, device);
  }
  return absl::InvalidArgumentError(absl::StrCat("execution.step: expected auto, ", kPlain, ", ",
                                                 kFused, ", ", kCaptured, " or ",
                                                 kCapturedChannelsLast, ", got ", asked));
}

}  // namespace traind
