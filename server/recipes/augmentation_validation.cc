#include "server/recipes/augmentation_validation.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/value_texts.h"

namespace traind {
namespace {

constexpr char kShare[] = "a number in [0, 1]";

std::string PathOf(absl::string_view field) { return absl::StrCat("data.augmentation.", field); }

absl::Status ExpectShare(absl::string_view field, double value) {
  return ExpectNumber(PathOf(field), value, value >= 0 && value <= 1, kShare);
}

// Of a change that is made to images alone.
absl::Status ExpectOff(absl::string_view field, double value, const v1::InputShape& input) {
  if (value == 0) return absl::OkStatus();
  return FieldError(PathOf(field),
                    absl::StrCat("0, as the rows ", ShapeText(RowShape(input)), " are no images"),
                    absl::StrCat(value));
}

absl::Status ExpectNoImageChanges(const v1::Augmentation& augmentation,
                                  const v1::InputShape& input) {
  RETURN_IF_ERROR(ExpectOff("shift_pixels", augmentation.shift_pixels(), input));
  RETURN_IF_ERROR(ExpectOff("rotation_degrees", augmentation.rotation_degrees(), input));
  RETURN_IF_ERROR(ExpectOff("scale_fraction", augmentation.scale_fraction(), input));
  RETURN_IF_ERROR(ExpectOff("shear_degrees", augmentation.shear_degrees(), input));
  RETURN_IF_ERROR(
      ExpectOff("horizontal_flip_probability", augmentation.horizontal_flip_probability(), input));
  RETURN_IF_ERROR(
      ExpectOff("vertical_flip_probability", augmentation.vertical_flip_probability(), input));
  return ExpectOff("erase_probability", augmentation.erase_probability(), input);
}

absl::Status ValidateImageChanges(const v1::Augmentation& augmentation,
                                  const v1::InputShape& input) {
  const int side = std::min(input.height(), input.width());
  const int shift_max = std::min(RecipeBounds().shift_pixels_max, std::max(side - 1, 0));
  RETURN_IF_ERROR(ExpectCount(PathOf("shift_pixels"), augmentation.shift_pixels(), 0, shift_max));
  const double rotation = augmentation.rotation_degrees();
  RETURN_IF_ERROR(ExpectNumber(PathOf("rotation_degrees"), rotation,
                               rotation >= 0 && rotation <= 180, "a number in [0, 180]"));
  const double scale = augmentation.scale_fraction();
  RETURN_IF_ERROR(
      ExpectNumber(PathOf("scale_fraction"), scale, scale >= 0 && scale < 1, kShareBelowOne));
  const double shear = augmentation.shear_degrees();
  RETURN_IF_ERROR(ExpectNumber(PathOf("shear_degrees"), shear, shear >= 0 && shear < 90,
                               "a number in [0, 90)"));
  RETURN_IF_ERROR(
      ExpectShare("horizontal_flip_probability", augmentation.horizontal_flip_probability()));
  RETURN_IF_ERROR(
      ExpectShare("vertical_flip_probability", augmentation.vertical_flip_probability()));
  RETURN_IF_ERROR(ExpectShare("erase_probability", augmentation.erase_probability()));
  if (!augmentation.has_erase_area_fraction()) return absl::OkStatus();
  const double area = augmentation.erase_area_fraction();
  return ExpectNumber(PathOf("erase_area_fraction"), area, area > 0 && area <= 1,
                      "a number in (0, 1]");
}

absl::Status ValidateMixup(const v1::Recipe& recipe) {
  const double alpha = recipe.data().augmentation().mixup_alpha();
  const RecipeBounds bounds;
  const bool within = alpha >= bounds.mixup_alpha_min && alpha <= bounds.mixup_alpha_max;
  RETURN_IF_ERROR(ExpectNumber(
      PathOf("mixup_alpha"), alpha, alpha == 0 || within,
      absl::StrCat("0 or a number from ", bounds.mixup_alpha_min, " to ", bounds.mixup_alpha_max)));
  if (alpha == 0 || recipe.batch_size() > 1) return absl::OkStatus();
  return FieldError(PathOf("mixup_alpha"), "0, as a batch of one row has none to mix it with",
                    absl::StrCat(alpha));
}

}  // namespace

absl::Status ValidateAugmentation(const v1::Recipe& recipe) {
  const v1::Augmentation& augmentation = recipe.data().augmentation();
  const v1::InputShape& input = recipe.network().input();
  if (RowShape(input).size() != 3) RETURN_IF_ERROR(ExpectNoImageChanges(augmentation, input));
  RETURN_IF_ERROR(ValidateImageChanges(augmentation, input));
  return ValidateMixup(recipe);
}

}  // namespace traind
