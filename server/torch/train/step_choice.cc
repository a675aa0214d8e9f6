#include "server/torch/train/step_choice.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/train/autograd_step.h"
#include "server/torch/train/captured_steps.h"
#include "server/torch/train/eager_steps.h"

namespace traind {
namespace {

constexpr char kPlain[] = "plain";
constexpr char kCaptured[] = "captured";
constexpr char kCapturedChannelsLast[] = "captured_channels_last";

std::unique_ptr<TrainingSteps> MakePlain(const StepParts& parts) {
  return std::make_unique<EagerSteps>(
      parts,
      std::make_unique<AutogradStep>(parts.recipe, parts.precision, parts.device, parts.network));
}

// The fastest one that there is. Tensor cores work on channels_last; in full precision
// it gains nothing.
std::string NameFor(v1::Precision precision, at::Device device) {
  if (device.is_cpu() || !MakeDeviceGraph(device).ok()) return kPlain;
  const bool tensor_cores = precision == v1::PRECISION_BF16 || precision == v1::PRECISION_TF32;
  return tensor_cores ? kCapturedChannelsLast : kCaptured;
}

}  // namespace

absl::StatusOr<StepChoice> ChooseStep(const v1::Execution& execution, at::Device device) {
  const std::string& asked = execution.step();
  const bool free_choice = asked.empty() || asked == "auto";
  const std::string name = free_choice ? NameFor(execution.precision(), device) : asked;
  if (name == kPlain) return StepChoice{name, MakePlain};
  if (name != kCaptured && name != kCapturedChannelsLast) {
    return absl::InvalidArgumentError(absl::StrCat("execution.step: expected auto, ", kPlain, ", ",
                                                   kCaptured, " or ", kCapturedChannelsLast,
                                                   ", got ", name));
  }
  if (device.is_cpu()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "execution.step: ", name, " needs a CUDA device, got ", device.str(), "; use ", kPlain));
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

}  // namespace traind
