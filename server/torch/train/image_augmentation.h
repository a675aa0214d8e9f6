#ifndef TRAIND_SERVER_TORCH_TRAIN_IMAGE_AUGMENTATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_IMAGE_AUGMENTATION_H_

#include <cstdint>
#include <vector>

#include "server/torch/torch_headers.h"
#include "server/torch/train/affine_augmentation.h"
#include "server/torch/train/erase_augmentation.h"
#include "server/torch/train/flip_augmentation.h"
#include "server/torch/train/shift_augmentation.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The training rows, changed at random as the recipe says: mirrored, then sheared, scaled,
// rotated and shifted, then with a rectangle erased. What a row becomes in an epoch depends
// on the recipe's seed, the epoch and the row's place in the split alone; each kind of
// change draws its own numbers, so that one does not change with another. Not thread-safe.
class ImageAugmentation {
 public:
  // Keeps `rows`, [N, C, H, W], and any other shape where no change of images is asked for.
  // Arithmetic is in `type`, float32 or float64.
  ImageAugmentation(const at::Tensor& rows, const v1::Augmentation& options, at::ScalarType type);

  // Draws for epoch 1, 2, 3… of a recipe with this seed.
  void StartEpoch(int64_t recipe_seed, int epoch);

  // Whether the rows are pictures of bytes on the CPU that are shifted at most: then they
  // need not be copied.
  bool keeps_bytes() const;
  // Where these rows' first pixels lie, and their strides.
  std::vector<const uint8_t*> Locate(const at::Tensor& rows, ByteImages& images) const {
    return shift_.Locate(rows, images);
  }

  // The rows with these indexes (int64 [B]), changed. Bytes stay bytes unless they are
  // interpolated: then they become pixel/255 of `type`.
  at::Tensor Select(const at::Tensor& rows) const;

 private:
  const at::ScalarType type_;
  const bool are_bytes_;  // pictures of them, on the CPU
  const bool interpolates_;
  ShiftAugmentation shift_;
  FlipAugmentation flip_;
  AffineAugmentation affine_;
  EraseAugmentation erase_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_IMAGE_AUGMENTATION_H_
