#ifndef TRAIND_SERVER_TORCH_TRAIN_FLIP_AUGMENTATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_FLIP_AUGMENTATION_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Images mirrored at random, left to right and top to bottom. Each row is drawn for once
// an epoch. Not thread-safe.
class FlipAugmentation {
 public:
  // For a split of `row_count` rows on the device.
  FlipAugmentation(const v1::Augmentation& options, int64_t row_count, at::Device device);

  // Draws for the epoch, on the CPU so that it is the same for every device.
  void StartEpoch(uint64_t seed);

  bool is_on() const { return flips_.defined(); }

  // `images`, [B, C, H, W] of any type, are the rows with these indexes (int64 [B]).
  at::Tensor Apply(const at::Tensor& rows, at::Tensor images) const;

 private:
  // Constant after construction.
  const double left_to_right_;  // probability
  const double top_to_bottom_;
  // bool [2, N]: which rows are mirrored left to right, and top to bottom; at the same
  // place for every epoch. Undefined when none is.
  at::Tensor flips_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_FLIP_AUGMENTATION_H_
