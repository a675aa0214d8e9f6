#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAINING_ROWS_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAINING_ROWS_H_

#include "server/datasets/split.h"
#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The type of a recipe's weights, data and arithmetic: float32 or float64.
at::ScalarType NumberType(const v1::Recipe& recipe);

// A split's targets as the recipe's loss takes them, on the device: classes, int64 [N], or
// values, [N, T] of the recipe's type. Classes are one value each with binary cross
// entropy. On the CPU they may share the split's memory.
at::Tensor LossTargetsOn(const Split& split, const v1::Recipe& recipe, at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAINING_ROWS_H_
