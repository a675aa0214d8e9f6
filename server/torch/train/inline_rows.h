#ifndef TRAIND_SERVER_TORCH_TRAIN_INLINE_ROWS_H_
#define TRAIND_SERVER_TORCH_TRAIN_INLINE_ROWS_H_

#include "server/datasets/split.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The rows that a recipe has within itself, as a split of float64 values. The recipe must
// be valid and have some.
Split SplitOfRows(const v1::Recipe& recipe);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_INLINE_ROWS_H_
