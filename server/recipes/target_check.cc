#include "server/recipes/target_check.h"

#include "absl/strings/str_cat.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

constexpr char kLayer[] = "the last layer";

absl::Status CheckClasses(int64_t output_count, const TargetKind& targets) {
  if (targets.value_count > 0) {
    return FieldError("loss", "one for values, such as mean_squared_error, as the data has values",
                      "cross_entropy");
  }
  if (targets.class_count <= output_count) return absl::OkStatus();
  return FieldError(kLayer, absl::StrCat("an output for each of ", targets.class_count, " classes"),
                    absl::StrCat(output_count));
}

absl::Status CheckTwoClasses(int64_t output_count, const TargetKind& targets) {
  if (output_count == 1 && targets.class_count <= 2) return absl::OkStatus();
  return FieldError("loss", "cross_entropy, unless there are two classes and one output",
                    absl::StrCat("binary_cross_entropy with ", output_count, " outputs"));
}

}  // namespace

absl::Status CheckTargets(const v1::Loss& loss, int64_t output_count, const TargetKind& targets) {
  if (HasClassTargets(loss)) return CheckClasses(output_count, targets);
  if (targets.value_count == output_count) return absl::OkStatus();
  if (targets.value_count > 0) {
    return FieldError(
        kLayer, absl::StrCat("an output for each of the data's ", targets.value_count, " values"),
        absl::StrCat(output_count));
  }
  if (loss.has_binary_cross_entropy()) return CheckTwoClasses(output_count, targets);
  return FieldError("loss", "cross_entropy, as the data has classes", "one for values");
}

}  // namespace traind
