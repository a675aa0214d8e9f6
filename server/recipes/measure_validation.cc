#include "server/recipes/measure_validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/selection_value.h"
#include "server/recipes/value_texts.h"

namespace traind {
namespace {

constexpr char kClassLoss[] = "a loss for classes (cross_entropy) with it";
constexpr char kValueLoss[] =
    "a loss for values (mean_squared_error, huber, half_squared_error) with it";

std::string LossName(const v1::Loss& loss) {
  const auto* kind = loss.GetReflection()->GetOneofFieldDescriptor(
      loss, v1::Loss::descriptor()->FindOneofByName("kind"));
  return kind == nullptr ? "none" : kind->name();
}

absl::Status ExpectClasses(const std::string& path, const v1::Loss& loss) {
  return HasClassTargets(loss) ? absl::OkStatus() : FieldError(path, kClassLoss, LossName(loss));
}

absl::Status ExpectValues(const std::string& path, const v1::Loss& loss) {
  return !HasAccuracy(loss) ? absl::OkStatus() : FieldError(path, kValueLoss, LossName(loss));
}

absl::Status ValidateSelection(const v1::Recipe& recipe) {
  switch (recipe.selection().metric()) {
    case v1::SELECTION_METRIC_LOSS:
      return absl::OkStatus();
    case v1::SELECTION_METRIC_ACCURACY:
      if (HasAccuracy(recipe.loss())) return absl::OkStatus();
      return FieldError("selection.metric",
                        "SELECTION_METRIC_LOSS, SELECTION_METRIC_MEAN_ABSOLUTE_ERROR or "
                        "SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR with a loss for values",
                        "SELECTION_METRIC_ACCURACY");
    case v1::SELECTION_METRIC_MEAN_ABSOLUTE_ERROR:
    case v1::SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR:
      return ExpectValues("selection.metric", recipe.loss());
    default:
      return FieldError("selection.metric",
                        "SELECTION_METRIC_ACCURACY, SELECTION_METRIC_LOSS, "
                        "SELECTION_METRIC_MEAN_ABSOLUTE_ERROR or "
                        "SELECTION_METRIC_ROOT_MEAN_SQUARED_ERROR",
                        recipe.selection().metric() == v1::SELECTION_METRIC_UNSPECIFIED
                            ? "none"
                            : absl::StrCat(static_cast<int>(recipe.selection().metric())));
  }
}

absl::Status ExpectClassesAtMost(const std::string& path, int64_t class_count, int64_t max) {
  if (class_count <= max) return absl::OkStatus();
  return FieldError(path, absl::StrCat("at most ", max, " classes with it"),
                    absl::StrCat(class_count));
}

absl::Status ValidateMetric(const std::string& path, const v1::Metric& metric, const v1::Loss& loss,
                            int64_t class_count) {
  const RecipeBounds bounds;
  switch (metric.kind_case()) {
    case v1::Metric::kTopKAccuracy:
      RETURN_IF_ERROR(ExpectClasses(path + ".top_k_accuracy", loss));
      return ExpectCount(path + ".top_k_accuracy", metric.top_k_accuracy(), 2, class_count);
    case v1::Metric::kConfusionMatrix:
      RETURN_IF_ERROR(ExpectClasses(path + ".confusion_matrix", loss));
      return ExpectClassesAtMost(path + ".confusion_matrix", class_count,
                                 bounds.confusion_classes_max);
    case v1::Metric::kPrecisionRecall:
      RETURN_IF_ERROR(ExpectClasses(path + ".precision_recall", loss));
      return ExpectClassesAtMost(path + ".precision_recall", class_count,
                                 bounds.precision_classes_max);
    case v1::Metric::kMeanAbsoluteError:
      return ExpectValues(path + ".mean_absolute_error", loss);
    case v1::Metric::kRootMeanSquaredError:
      return ExpectValues(path + ".root_mean_squared_error", loss);
    case v1::Metric::KIND_NOT_SET:
      break;
  }
  return ExpectKind(path, false,
                    "top_k_accuracy, confusion_matrix, precision_recall, mean_absolute_error, "
                    "root_mean_squared_error");
}

absl::Status ValidateMetrics(const v1::Recipe& recipe, int64_t class_count) {
  if (const int metrics_max = RecipeBounds().metrics_max; recipe.metrics_size() > metrics_max) {
    return FieldError("metrics", absl::StrCat("at most ", metrics_max, " metrics"),
                      absl::StrCat(recipe.metrics_size()));
  }
  for (int i = 0; i < recipe.metrics_size(); ++i) {
    const std::string path = absl::StrCat("metrics[", i, "]");
    RETURN_IF_ERROR(ValidateMetric(path, recipe.metrics(i), recipe.loss(), class_count));
    for (int j = 0; j < i; ++j) {
      if (recipe.metrics(i).SerializeAsString() != recipe.metrics(j).SerializeAsString()) continue;
      return FieldError(path, "each metric once", absl::StrCat("that of metrics[", j, "] again"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateEarlyStopping(const v1::Recipe& recipe) {
  if (!recipe.has_early_stopping()) return absl::OkStatus();
  const v1::EarlyStopping& stopping = recipe.early_stopping();
  RETURN_IF_ERROR(ExpectCount("early_stopping.patience_epochs", stopping.patience_epochs(), 1,
                              RecipeBounds().epochs_max));
  return ExpectNumber("early_stopping.min_change", stopping.min_change(),
                      stopping.min_change() >= 0, kNotNegative);
}

}  // namespace

absl::Status ValidateMeasures(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  RETURN_IF_ERROR(ValidateSelection(recipe));
  RETURN_IF_ERROR(ValidateMetrics(recipe, ClassCount(summary)));
  RETURN_IF_ERROR(ValidateEarlyStopping(recipe));
  return ExpectCount("batch_norm_recalibration_batches", recipe.batch_norm_recalibration_batches(),
                     0, RecipeBounds().recalibration_batches_max);
}

}  // namespace traind
