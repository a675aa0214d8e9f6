#include "server/recipes/recipe_validation.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/coming_fields.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/layer_validation.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/row_shape.h"

namespace traind {
namespace {

constexpr char kPositive[] = "a finite number > 0";
constexpr char kAtLeastOne[] = "a finite number >= 1";
constexpr char kShareBelowOne[] = "a number in [0, 1)";
constexpr char kOpenShare[] = "a number in (0, 1)";

absl::Status ValidateNormalization(const v1::Normalization& normalization, int channels) {
  const std::string expected =
      absl::StrCat("one value per channel or feature of network.input (", channels, ")");
  if (normalization.mean_size() != channels) {
    return FieldError("data.normalization.mean", expected, absl::StrCat(normalization.mean_size()));
  }
  if (normalization.standard_deviation_size() != channels) {
    return FieldError("data.normalization.standard_deviation", expected,
                      absl::StrCat(normalization.standard_deviation_size()));
  }
  for (int c = 0; c < channels; ++c) {
    RETURN_IF_ERROR(ExpectNumber(absl::StrCat("data.normalization.mean[", c, "]"),
                                 normalization.mean(c), true, "a finite number"));
    const double deviation = normalization.standard_deviation(c);
    RETURN_IF_ERROR(ExpectNumber(absl::StrCat("data.normalization.standard_deviation[", c, "]"),
                                 deviation, deviation > 0, kPositive));
  }
  return absl::OkStatus();
}

absl::Status ValidateSha256(const std::string& sha256) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  if (sha256.empty() ||
      (sha256.size() == 64 && std::all_of(sha256.begin(), sha256.end(), is_digit))) {
    return absl::OkStatus();
  }
  return FieldError("data.dataset_sha256", "64 lower-case hexadecimal digits", Quoted(sha256));
}

absl::Status ValidateAugmentation(const v1::Augmentation& augmentation,
                                  const v1::InputShape& input) {
  const int side = std::min(input.height(), input.width());
  const int shift_max = std::min(RecipeBounds().shift_pixels_max, std::max(side - 1, 0));
  return ExpectCount("data.augmentation.shift_pixels", augmentation.shift_pixels(), 0, shift_max);
}

absl::Status ValidateData(const v1::Recipe& recipe) {
  const v1::Data& data = recipe.data();
  const v1::InputShape& input = recipe.network().input();
  const int characters_max = RecipeBounds().name_characters_max;
  RETURN_IF_ERROR(ExpectPresent("data", recipe.has_data()));
  RETURN_IF_ERROR(ExpectName("data.dataset", data.dataset(), false, characters_max));
  RETURN_IF_ERROR(ExpectName("data.train_split", data.train_split(), false, characters_max));
  RETURN_IF_ERROR(ExpectName("data.eval_split", data.eval_split(), false, characters_max));
  RETURN_IF_ERROR(ValidateSha256(data.dataset_sha256()));
  if (data.has_normalization()) {
    if (data.standardize()) {
      return FieldError("data.standardize", "it, or data.normalization", "both");
    }
    RETURN_IF_ERROR(
        ValidateNormalization(data.normalization(), static_cast<int>(RowShape(input).front())));
  }
  if (data.has_augmentation()) {
    RETURN_IF_ERROR(ValidateAugmentation(data.augmentation(), input));
  }
  return absl::OkStatus();
}

absl::Status ValidateLoss(const v1::Recipe& recipe) {
  RETURN_IF_ERROR(ExpectKind("loss", recipe.loss().has_cross_entropy(), "cross_entropy"));
  const double smoothing = recipe.loss().cross_entropy().label_smoothing();
  return ExpectNumber("loss.cross_entropy.label_smoothing", smoothing,
                      smoothing >= 0 && smoothing < 1, kShareBelowOne);
}

absl::Status ValidateOptimizer(const v1::Recipe& recipe) {
  RETURN_IF_ERROR(ExpectKind("optimizer", recipe.optimizer().has_sgd(), "sgd"));
  const v1::Sgd& sgd = recipe.optimizer().sgd();
  RETURN_IF_ERROR(ExpectNumber("optimizer.sgd.learning_rate", sgd.learning_rate(),
                               sgd.learning_rate() > 0, kPositive));
  RETURN_IF_ERROR(ExpectNumber("optimizer.sgd.momentum", sgd.momentum(),
                               sgd.momentum() >= 0 && sgd.momentum() < 1, kShareBelowOne));
  if (sgd.nesterov() && sgd.momentum() == 0) {
    return FieldError("optimizer.sgd.nesterov", "optimizer.sgd.momentum > 0 with it", "momentum 0");
  }
  return ExpectNumber("optimizer.sgd.weight_decay", sgd.weight_decay(), sgd.weight_decay() >= 0,
                      "a finite number >= 0");
}

absl::Status ValidateSchedule(const v1::Recipe& recipe) {
  if (!recipe.has_schedule()) return absl::OkStatus();
  const v1::Schedule& schedule = recipe.schedule();
  RETURN_IF_ERROR(ExpectKind("schedule", schedule.kind_case() != v1::Schedule::KIND_NOT_SET,
                             "constant, one_cycle"));
  if (!schedule.has_one_cycle()) return absl::OkStatus();
  const v1::OneCycle& cycle = schedule.one_cycle();
  const double warmup = cycle.warmup_fraction();
  RETURN_IF_ERROR(ExpectNumber("schedule.one_cycle.warmup_fraction", warmup,
                               warmup > 0 && warmup < 1, kOpenShare));
  RETURN_IF_ERROR(ExpectNumber("schedule.one_cycle.start_divisor", cycle.start_divisor(),
                               cycle.start_divisor() >= 1, kAtLeastOne));
  return ExpectNumber("schedule.one_cycle.end_divisor", cycle.end_divisor(),
                      cycle.end_divisor() >= 1, kAtLeastOne);
}

absl::Status ValidateEma(const v1::Recipe& recipe) {
  if (!recipe.has_ema()) return absl::OkStatus();
  const v1::Ema& ema = recipe.ema();
  RETURN_IF_ERROR(
      ExpectNumber("ema.decay", ema.decay(), ema.decay() > 0 && ema.decay() < 1, kOpenShare));
  if (!ema.has_every_steps()) return absl::OkStatus();
  return ExpectCount("ema.every_steps", ema.every_steps(), 1, std::numeric_limits<int32_t>::max());
}

absl::Status ValidateSelection(const v1::Recipe& recipe) {
  const v1::SelectionMetric metric = recipe.selection().metric();
  if (metric == v1::SELECTION_METRIC_ACCURACY || metric == v1::SELECTION_METRIC_LOSS) {
    return absl::OkStatus();
  }
  return FieldError("selection.metric", "SELECTION_METRIC_ACCURACY or SELECTION_METRIC_LOSS",
                    absl::StrCat(static_cast<int>(metric)));
}

bool IsDevice(absl::string_view device) {
  if (device.empty() || device == "cpu" || device == "cuda" || device == "auto") return true;
  if (!absl::StartsWith(device, "cuda:")) return false;
  const absl::string_view index = device.substr(5);
  // LibTorch's device index is one byte; two digits stay within it.
  return !index.empty() && index.size() <= 2 &&
         std::all_of(index.begin(), index.end(), absl::ascii_isdigit);
}

bool IsStep(absl::string_view step) {
  return step.empty() || step == "auto" || step == "plain" || step == "fused" ||
         step == "captured" || step == "captured_channels_last";
}

}  // namespace

absl::Status ValidateRecipe(const v1::Recipe& recipe) {
  const RecipeBounds bounds;
  RETURN_IF_ERROR(RefuseComingFields(recipe));
  RETURN_IF_ERROR(ExpectName("name", recipe.name(), true, bounds.name_characters_max));
  RETURN_IF_ERROR(ExpectText("description", recipe.description(), bounds.description_bytes_max));
  RETURN_IF_ERROR(ExpectCount("epoch_count", recipe.epoch_count(), 1, bounds.epochs_max));
  RETURN_IF_ERROR(
      ExpectCount("batch_size", recipe.batch_size(), 1, std::numeric_limits<int32_t>::max()));
  RETURN_IF_ERROR(ExpectPresent("network", recipe.has_network()));
  RETURN_IF_ERROR(ValidateLayerFields(recipe.network()));
  const absl::StatusOr<v1::RecipeSummary> summary = SummarizeRecipe(recipe);
  RETURN_IF_ERROR(summary.status());
  RETURN_IF_ERROR(ValidateNetworkSummary(recipe, *summary));
  RETURN_IF_ERROR(ValidateData(recipe));
  RETURN_IF_ERROR(ValidateLoss(recipe));
  RETURN_IF_ERROR(ValidateOptimizer(recipe));
  RETURN_IF_ERROR(ValidateSchedule(recipe));
  RETURN_IF_ERROR(ValidateEma(recipe));
  return ValidateSelection(recipe);
}

absl::Status ValidateCheckpoints(const v1::CheckpointPolicy& policy) {
  const RecipeBounds bounds;
  const std::pair<const char*, int64_t> counts[] = {{"every_epochs", policy.every_epochs()},
                                                    {"every_steps", policy.every_steps()},
                                                    {"every_seconds", policy.every_seconds()},
                                                    {"keep_best", policy.keep_best()},
                                                    {"keep_last", policy.keep_last()}};
  for (const auto& [field, count] : counts) {
    const bool keep = absl::StartsWith(field, "keep_");
    RETURN_IF_ERROR(ExpectCount(absl::StrCat("execution.checkpoints.", field), count, 0,
                                keep ? bounds.kept_checkpoints_max : bounds.log_every_steps_max));
  }
  return absl::OkStatus();
}

absl::Status ValidateExecution(const v1::Execution& execution) {
  RETURN_IF_ERROR(RefuseComingFields(execution));
  const RecipeBounds bounds;
  if (!IsDevice(execution.device())) {
    return FieldError("execution.device", "cpu, cuda, cuda:N with N from 0 to 99, or auto",
                      Quoted(execution.device()));
  }
  if (!v1::Precision_IsValid(execution.precision())) {
    return FieldError("execution.precision", "PRECISION_FP32, PRECISION_TF32 or PRECISION_BF16",
                      absl::StrCat(static_cast<int>(execution.precision())));
  }
  if (!IsStep(execution.step())) {
    return FieldError("execution.step", "auto, plain, fused, captured or captured_channels_last",
                      Quoted(execution.step()));
  }
  if (!v1::PublishPolicy_IsValid(execution.publish())) {
    return FieldError("execution.publish",
                      "PUBLISH_POLICY_ALWAYS, PUBLISH_POLICY_IF_BETTER or PUBLISH_POLICY_MANUAL",
                      absl::StrCat(static_cast<int>(execution.publish())));
  }
  RETURN_IF_ERROR(
      ExpectCount("execution.thread_count", execution.thread_count(), 0, bounds.threads_max));
  RETURN_IF_ERROR(
      ExpectCount("execution.max_retries", execution.max_retries(), 0, bounds.retries_max));
  RETURN_IF_ERROR(ExpectCount("execution.log_every_steps", execution.log_every_steps(), 0,
                              bounds.log_every_steps_max));
  return ValidateCheckpoints(execution.checkpoints());
}

}  // namespace traind
