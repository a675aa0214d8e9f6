#ifndef TRAIND_SERVER_RECIPES_ROW_SHAPE_H_
#define TRAIND_SERVER_RECIPES_ROW_SHAPE_H_

#include <cstdint>
#include <vector>

#include "traind/v1/recipe.pb.h"

namespace traind {

// Sizes of one row of a network's input, without the batch: [F] for features, [C, L]
// for a sequence, else [C, H, W].
std::vector<int64_t> RowShape(const v1::InputShape& input);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_ROW_SHAPE_H_
