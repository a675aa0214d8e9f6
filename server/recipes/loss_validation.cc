#include "server/recipes/loss_validation.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/selection_value.h"
#include "server/recipes/value_texts.h"

namespace traind {
namespace {

using Doubles = google::protobuf::RepeatedField<double>;

// One positive weight for each output, or none.
absl::Status ValidateWeights(const std::string& path, const Doubles& weights,
                             int64_t output_count) {
  if (weights.empty()) return absl::OkStatus();
  if (weights.size() != output_count) {
    return FieldError(
        path, absl::StrCat("one weight for each output of the network (", output_count, ")"),
        absl::StrCat(weights.size()));
  }
  for (int i = 0; i < weights.size(); ++i) {
    RETURN_IF_ERROR(
        ExpectNumber(absl::StrCat(path, "[", i, "]"), weights[i], weights[i] > 0, kPositive));
  }
  return absl::OkStatus();
}

absl::Status ValidateInputs(const std::string& path, const Doubles& inputs,
                            const v1::RecipeSummary& summary) {
  int64_t expected = 1;
  for (const int64_t size : summary.input_shape()) expected *= size;
  if (inputs.size() != expected) {
    return FieldError(path,
                      absl::StrCat(expected, " values, those of network.input [",
                                   absl::StrJoin(summary.input_shape(), ", "), "]"),
                      absl::StrCat(inputs.size()));
  }
  for (int i = 0; i < inputs.size(); ++i) {
    RETURN_IF_ERROR(
        ExpectNumber(absl::StrCat(path, "[", i, "]"), inputs[i], true, "a finite number"));
  }
  return absl::OkStatus();
}

absl::Status ValidateClass(const std::string& path, const Doubles& targets, int64_t class_count) {
  const double label = targets.size() == 1 ? targets[0] : -1;
  if (label >= 0 && label < static_cast<double>(class_count) && label == std::floor(label)) {
    return absl::OkStatus();
  }
  return FieldError(path,
                    absl::StrCat("one whole number from 0 to ", class_count - 1,
                                 ", the class, as the loss is for classes"),
                    absl::StrCat("[", absl::StrJoin(targets, ", "), "]"));
}

absl::Status ValidateValues(const std::string& path, const Doubles& targets, const v1::Loss& loss,
                            int64_t output_count) {
  if (targets.size() != output_count) {
    return FieldError(path, absl::StrCat(output_count, " values, as many as the network puts out"),
                      absl::StrCat(targets.size()));
  }
  const bool shares = loss.has_binary_cross_entropy();
  for (int i = 0; i < targets.size(); ++i) {
    RETURN_IF_ERROR(ExpectNumber(absl::StrCat(path, "[", i, "]"), targets[i],
                                 !shares || (targets[i] >= 0 && targets[i] <= 1),
                                 shares ? "a number in [0, 1]" : "a finite number"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateLoss(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  const v1::Loss& loss = recipe.loss();
  const int64_t output_count = ClassCount(summary);
  switch (loss.kind_case()) {
    case v1::Loss::kCrossEntropy: {
      const double smoothing = loss.cross_entropy().label_smoothing();
      RETURN_IF_ERROR(ExpectNumber("loss.cross_entropy.label_smoothing", smoothing,
                                   smoothing >= 0 && smoothing < 1, kShareBelowOne));
      return ValidateWeights("loss.cross_entropy.class_weights",
                             loss.cross_entropy().class_weights(), output_count);
    }
    case v1::Loss::kHuber:
      if (!loss.huber().has_delta()) return absl::OkStatus();
      return ExpectNumber("loss.huber.delta", loss.huber().delta(), loss.huber().delta() > 0,
                          kPositive);
    case v1::Loss::kBinaryCrossEntropy:
      return ValidateWeights("loss.binary_cross_entropy.positive_weights",
                             loss.binary_cross_entropy().positive_weights(), output_count);
    case v1::Loss::kMeanSquaredError:
    case v1::Loss::kHalfSquaredError:
      return absl::OkStatus();
    case v1::Loss::KIND_NOT_SET:
      break;
  }
  return ExpectKind("loss", false,
                    "cross_entropy, mean_squared_error, huber, binary_cross_entropy, "
                    "half_squared_error");
}

absl::Status ValidateRows(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  const v1::Data& data = recipe.data();
  if (const int rows_max = RecipeBounds().inline_rows_max; data.rows_size() > rows_max) {
    return FieldError("data.rows", absl::StrCat("at most ", rows_max, " rows"),
                      absl::StrCat(data.rows_size()));
  }
  const int64_t output_count = ClassCount(summary);
  for (int i = 0; i < data.rows_size(); ++i) {
    const std::string path = absl::StrCat("data.rows[", i, "]");
    RETURN_IF_ERROR(ValidateInputs(path + ".inputs", data.rows(i).inputs(), summary));
    RETURN_IF_ERROR(HasClassTargets(recipe.loss())
                        ? ValidateClass(path + ".targets", data.rows(i).targets(), output_count)
                        : ValidateValues(path + ".targets", data.rows(i).targets(), recipe.loss(),
                                         output_count));
  }
  if (recipe.batch_size() <= data.rows_size()) return absl::OkStatus();
  return FieldError("batch_size",
                    absl::StrCat("at most ", data.rows_size(), ", the number of data.rows"),
                    absl::StrCat(recipe.batch_size()));
}

}  // namespace traind
