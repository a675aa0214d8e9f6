#include "server/torch/train/training_rows.h"

#include "server/recipes/selection_value.h"
#include "server/torch/train/split_tensors.h"

namespace traind {

at::ScalarType NumberType(const v1::Recipe& recipe) {
  return recipe.float64() ? at::kDouble : at::kFloat;
}

at::Tensor LossTargetsOn(const Split& split, const v1::Recipe& recipe, at::Device device) {
  if (HasClassTargets(recipe.loss())) return LabelsOn(split, device);
  if (split.shape.target_count > 0) return TargetsOn(split, device).to(NumberType(recipe));
  return LabelsOn(split, device).unsqueeze(1).to(NumberType(recipe));
}

}  // namespace traind
