#ifndef TRAIND_SERVER_TORCH_TRAIN_ERASE_AUGMENTATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_ERASE_AUGMENTATION_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Images of which a rectangle is set to zero at random (Zhong et al., "Random Erasing Data
// Augmentation", arXiv 1708.04896). Each row is drawn for once an epoch. Not thread-safe.
//
// The rectangle's share of the image is drawn evenly from 0 to erase_area_fraction. Its
// height and width, as shares of the image's, have a quotient from 1/3 to 3, as far as it
// fits into the image, whose logarithm is drawn evenly. Then its place, evenly. Sides are
// rounded to whole pixels, at least one.
class EraseAugmentation {
 public:
  // For a split of rows with this shape ([N, C, H, W]) on the device.
  EraseAugmentation(const v1::Augmentation& options, at::IntArrayRef shape, at::Device device);

  // Draws for the epoch, on the CPU so that it is the same for every device.
  void StartEpoch(uint64_t seed);

  bool is_on() const { return probability_ > 0; }

  // `images`, [B, C, H, W] of any type, are the rows with these indexes (int64 [B]).
  at::Tensor Apply(const at::Tensor& rows, const at::Tensor& images) const;

 private:
  // Constant after construction.
  const double probability_;
  const double area_fraction_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  // int64 [4, N]: the rectangle's first row, the one after its last, and columns alike; at
  // the same place for every epoch. Undefined when nothing is erased.
  at::Tensor edges_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_ERASE_AUGMENTATION_H_
