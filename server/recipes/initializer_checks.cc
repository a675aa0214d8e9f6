#include "server/recipes/initializer_checks.h"

#include "absl/strings/str_cat.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

constexpr char kFinite[] = "a finite number";

absl::Status CheckNormal(const std::string& path, const v1::NormalValues& normal) {
  RETURN_IF_ERROR(ExpectNumber(path + ".mean", normal.mean(), true, kFinite));
  return ExpectNumber(path + ".standard_deviation", normal.standard_deviation(),
                      normal.standard_deviation() > 0, "a finite number > 0");
}

absl::Status CheckUniform(const std::string& path, const v1::UniformValues& uniform) {
  RETURN_IF_ERROR(ExpectNumber(path + ".low", uniform.low(), true, kFinite));
  return ExpectNumber(path + ".high", uniform.high(), uniform.high() > uniform.low(),
                      "a finite number > low");
}

absl::Status CheckList(const std::string& path, const v1::ListedValues& values) {
  const int count_max = RecipeBounds().listed_values_max;
  if (values.value_size() < 1 || values.value_size() > count_max) {
    return FieldError(path + ".value", absl::StrCat("1 to ", count_max, " values"),
                      absl::StrCat(values.value_size()));
  }
  for (int i = 0; i < values.value_size(); ++i) {
    RETURN_IF_ERROR(
        ExpectNumber(absl::StrCat(path, ".value[", i, "]"), values.value(i), true, kFinite));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckInitializer(const std::string& path, const v1::Initializer& initializer,
                              bool is_bias) {
  switch (initializer.kind_case()) {
    case v1::Initializer::kNormal:
      return CheckNormal(path + ".normal", initializer.normal());
    case v1::Initializer::kUniform:
      return CheckUniform(path + ".uniform", initializer.uniform());
    case v1::Initializer::kConstant:
      return ExpectNumber(path + ".constant", initializer.constant(), true, kFinite);
    case v1::Initializer::kValues:
      return CheckList(path + ".values", initializer.values());
    case v1::Initializer::KIND_NOT_SET:
      break;
    default:
      if (!is_bias) return absl::OkStatus();
      return FieldError(path, "one of normal, uniform, constant, values for a bias",
                        "one that needs inputs and outputs of a unit");
  }
  return ExpectKind(path, false,
                    is_bias ? "normal, uniform, constant, values"
                            : "kaiming_uniform, kaiming_normal, xavier_uniform, xavier_normal, "
                              "normal, uniform, constant, values");
}

absl::Status CheckListedValues(absl::string_view field, const v1::Initializer& initializer,
                               const std::vector<int64_t>& sizes) {
  if (!initializer.has_values()) return absl::OkStatus();
  int64_t expected = 1;
  for (const int64_t size : sizes) expected = SaturatingMultiply(expected, size);
  const int64_t got = initializer.values().value_size();
  if (got == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ".values expected ", expected,
                                                 " values, row-major, for ", ShapeText(sizes),
                                                 ", got ", got));
}

}  // namespace traind
