#ifndef TRAIND_SERVER_RECIPES_MODEL_OUTPUTS_H_
#define TRAIND_SERVER_RECIPES_MODEL_OUTPUTS_H_

#include <cstdint>

#include "traind/v1/model.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Adds the outputs of a model that was trained with this loss and whose network puts out
// `output_count` numbers: for classes `classes` INT64 [-1], `logits` and `probabilities`
// FP32 [-1, K]; with binary cross entropy the latter two; for values `values` FP32 [-1, T].
void AddOutputs(const v1::Loss& loss, int64_t output_count, v1::ModelVersion& version);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_MODEL_OUTPUTS_H_
