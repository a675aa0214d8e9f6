#ifndef TRAIND_SERVER_TORCH_TRAIN_AFFINE_AUGMENTATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_AFFINE_AUGMENTATION_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Images sheared, scaled and rotated about their centre and shifted, all at random and in
// one bilinear interpolation; what comes in from outside is zero. Each row is drawn for
// once an epoch. Not thread-safe.
class AffineAugmentation {
 public:
  // For a split of rows with this shape ([N, C, H, W]) on the device; images are sampled in
  // `type`, float32 or float64.
  AffineAugmentation(const v1::Augmentation& options, at::IntArrayRef shape, at::Device device,
                     at::ScalarType type);

  // Whether it does anything. Without it, shifts by whole pixels need no interpolation.
  static bool IsNeeded(const v1::Augmentation& options);

  // Draws for the epoch, on the CPU so that it is the same for every device. A row has the
  // shift that ShiftAugmentation draws for it by `shift_seed`.
  void StartEpoch(uint64_t seed, uint64_t shift_seed);

  // `images`, [B, C, H, W] of `type`, are the rows with these indexes (int64 [B]).
  at::Tensor Apply(const at::Tensor& rows, const at::Tensor& images) const;

  // How an epoch moves each row, on the CPU, float64 [N, 5]: the angles of rotation
  // (clockwise) and of shear along x, in degrees; the factor of size; pixels to the right
  // and down.
  static at::Tensor Draw(const v1::Augmentation& options, int64_t row_count, uint64_t seed,
                         uint64_t shift_seed);

  // What takes a place in the new image to one in the old, for such moves. An image is
  // sheared first, then scaled and rotated, then shifted, as
  // torchvision.transforms.functional.affine has it. Returns float64 [N, 2, 3] for places
  // from -1 to 1, as torch.nn.functional.affine_grid takes them with align_corners=False.
  static at::Tensor Matrices(const at::Tensor& moves, int64_t height, int64_t width);

  // Samples [B, C, H, W] by such matrices of its type, [B, 2, 3].
  static at::Tensor Sample(const at::Tensor& images, const at::Tensor& matrices);

 private:
  // Constant after construction.
  const v1::Augmentation options_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  at::Tensor matrices_;  // [N, 2, 3], at the same place for every epoch
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_AFFINE_AUGMENTATION_H_
