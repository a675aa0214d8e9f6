#include "server/recipes/feature_map.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

// The fields of an input, in the order of their sizes.
using Sizes = std::vector<std::pair<const char*, int32_t>>;

Sizes NamedSizes(const v1::InputShape& input) {
  if (input.features() != 0) return {{"features", input.features()}};
  if (input.length() != 0) return {{"channels", input.channels()}, {"length", input.length()}};
  return {{"channels", input.channels()}, {"height", input.height()}, {"width", input.width()}};
}

// Fields that say which kind of input it is belong to one kind.
absl::Status CheckKind(const v1::InputShape& input) {
  const bool image = input.height() != 0 || input.width() != 0;
  const bool several = input.features() != 0 ? image || input.length() != 0 || input.channels() != 0
                                             : input.length() != 0 && image;
  if (!several) return absl::OkStatus();
  return FieldError(
      "network.input",
      "channels, height and width of an image, channels and length of a sequence, or features",
      absl::StrCat("channels ", input.channels(), ", height ", input.height(), ", width ",
                   input.width(), ", length ", input.length(), ", features ", input.features()));
}

int64_t Product(absl::Span<const int64_t> sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) product = SaturatingMultiply(product, size);
  return product;
}

}  // namespace

int64_t FeatureMap::value_count() const { return Product(shape); }

int64_t FeatureMap::place_count() const { return Product(absl::MakeConstSpan(shape).subspan(1)); }

int64_t InputValueCount(const v1::InputShape& input) { return Product(RowShape(input)); }

absl::StatusOr<FeatureMap> InputMap(const v1::Network& network) {
  RETURN_IF_ERROR(ExpectPresent("network.input", network.has_input()));
  const v1::InputShape& input = network.input();
  RETURN_IF_ERROR(CheckKind(input));
  const RecipeBounds bounds;
  for (const auto& [field, size] : NamedSizes(input)) {
    const bool is_side = input.features() == 0 && input.length() == 0;
    RETURN_IF_ERROR(ExpectCount(absl::StrCat("network.input.", field), size, 1,
                                is_side ? bounds.input_side_max : bounds.input_values_max));
  }
  FeatureMap map;
  map.shape = RowShape(input);
  if (map.shape.size() == 1) map.receptive_field = 0;
  return map;
}

std::string ShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

}  // namespace traind
