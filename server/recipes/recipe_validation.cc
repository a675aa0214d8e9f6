#include "server/recipes/recipe_validation.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/augmentation_validation.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/initial_weights.h"
#include "server/recipes/layer_validation.h"
#include "server/recipes/loss_validation.h"
#include "server/recipes/measure_validation.h"
#include "server/recipes/module_validation.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/trace_validation.h"
#include "server/recipes/update_validation.h"
#include "server/recipes/value_texts.h"

namespace traind {
namespace {

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

absl::Status ValidateDataset(const v1::Data& data) {
  const int characters_max = RecipeBounds().name_characters_max;
  RETURN_IF_ERROR(ExpectName("data.dataset", data.dataset(), false, characters_max));
  RETURN_IF_ERROR(ExpectName("data.train_split", data.train_split(), false, characters_max));
  RETURN_IF_ERROR(ExpectName("data.eval_split", data.eval_split(), false, characters_max));
  return ExpectSha256("data.dataset_sha256", data.dataset_sha256());
}

// Rows are taken as they are, so that what is made of images has no place beside them.
absl::Status ExpectNoneBesideRows(const v1::Data& data) {
  const std::pair<const char*, bool> fields[] = {
      {"data.dataset", !data.dataset().empty()},
      {"data.train_split", !data.train_split().empty()},
      {"data.eval_split", !data.eval_split().empty()},
      {"data.dataset_sha256", !data.dataset_sha256().empty()},
      {"data.standardize", data.standardize()},
      {"data.normalization", data.has_normalization()},
      {"data.augmentation", data.has_augmentation()}};
  for (const auto& [field, present] : fields) {
    if (present) return FieldError(field, "nothing beside data.rows", "a value");
  }
  return absl::OkStatus();
}

absl::Status ValidateData(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  const v1::Data& data = recipe.data();
  const v1::InputShape& input = recipe.network().input();
  RETURN_IF_ERROR(ExpectPresent("data", recipe.has_data()));
  if (!data.rows().empty()) {
    RETURN_IF_ERROR(ExpectNoneBesideRows(data));
    return ValidateRows(recipe, summary);
  }
  RETURN_IF_ERROR(ValidateDataset(data));
  if (data.has_normalization()) {
    if (data.standardize()) {
      return FieldError("data.standardize", "it, or data.normalization", "both");
    }
    RETURN_IF_ERROR(
        ValidateNormalization(data.normalization(), static_cast<int>(RowShape(input).front())));
  }
  return ValidateAugmentation(recipe);
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
  RETURN_IF_ERROR(ExpectName("name", recipe.name(), true, bounds.name_characters_max));
  RETURN_IF_ERROR(ExpectText("description", recipe.description(), bounds.description_bytes_max));
  RETURN_IF_ERROR(ExpectCount("epoch_count", recipe.epoch_count(), 1, bounds.epochs_max));
  RETURN_IF_ERROR(
      ExpectCount("batch_size", recipe.batch_size(), 1, std::numeric_limits<int32_t>::max()));
  RETURN_IF_ERROR(ExpectPresent("network", recipe.has_network()));
  RETURN_IF_ERROR(ValidateModule(recipe));
  RETURN_IF_ERROR(ValidateLayerFields(recipe.network()));
  const absl::StatusOr<v1::RecipeSummary> summary = SummarizeRecipe(recipe);
  RETURN_IF_ERROR(summary.status());
  RETURN_IF_ERROR(ValidateNetworkSummary(recipe, *summary));
  RETURN_IF_ERROR(ValidateLoss(recipe, *summary));
  RETURN_IF_ERROR(ValidateData(recipe, *summary));
  RETURN_IF_ERROR(ValidateOptimizer(recipe));
  RETURN_IF_ERROR(ValidateSchedule(recipe));
  RETURN_IF_ERROR(ValidateUpdates(recipe));
  RETURN_IF_ERROR(ValidateInitialWeights(recipe));
  return ValidateMeasures(recipe, *summary);
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

absl::Status ValidateTogether(const v1::Recipe& recipe, const v1::Execution& execution) {
  RETURN_IF_ERROR(ValidateModuleExecution(recipe, execution));
  RETURN_IF_ERROR(ValidateTrace(recipe, execution));
  const v1::Precision precision = execution.precision();
  if (!recipe.float64() || precision == v1::PRECISION_UNSPECIFIED ||
      precision == v1::PRECISION_FP32) {
    return absl::OkStatus();
  }
  return FieldError("execution.precision", "none, as the recipe's float64 leaves no choice",
                    v1::Precision_Name(precision));
}

}  // namespace traind
