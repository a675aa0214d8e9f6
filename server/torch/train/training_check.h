#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAINING_CHECK_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAINING_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/datasets/split.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Checks that both splits fit the recipe, whose network has `output_count` outputs: sizes
// of rows, targets that go with the loss, labels below the number of classes, enough rows
// for a batch. INVALID_ARGUMENT says what was expected, what came and what to do.
absl::Status CheckDataFits(const v1::Recipe& recipe, const Split& train_split,
                           const Split& eval_split, int64_t output_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAINING_CHECK_H_
