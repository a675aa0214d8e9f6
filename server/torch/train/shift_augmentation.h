#ifndef TRAIND_SERVER_TORCH_TRAIN_SHIFT_AUGMENTATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_SHIFT_AUGMENTATION_H_

#include <cstdint>
#include <vector>

#include "server/fused/byte_images.h"
#include "server/torch/torch_headers.h"

namespace traind {

// Images shifted at random by up to some pixels in each direction, the border
// filled with zero-valued pixels. Every row gets one shift per epoch. Not thread-safe.
class ShiftAugmentation {
 public:
  // `images` is [N, C, H, W], of bytes or numbers, and is kept; with shift_pixels > 0 as a
  // padded copy. Without shifts it may have any shape of rows.
  ShiftAugmentation(const at::Tensor& images, int64_t shift_pixels);

  // Draws the epoch's shifts, on the CPU so that they are the same for every device.
  void StartEpoch(uint64_t seed);

  // The rows with these indexes (int64 [B]), shifted: [B, C, H, W] of the images' type.
  at::Tensor Select(const at::Tensor& rows) const;

  // Where the first pixels of these rows lie, shifted, and in `images` their strides: of
  // bytes on the CPU.
  std::vector<const uint8_t*> Locate(const at::Tensor& rows, ByteImages& images) const;

  // An epoch's shifts, on the CPU: int64 [2, N] from 0 to 2 * shift_pixels, down and right.
  // With shift_pixels the image stays; with more it moves up and to the left.
  static at::Tensor Draw(uint64_t seed, int64_t shift_pixels, int64_t row_count);

 private:
  int64_t shift_pixels_;
  at::Tensor images_;
  // Every window of the padded images: [N, offsets, offsets, C, H, W], a view.
  at::Tensor windows_;
  at::Tensor offsets_;  // int64 [2, N]: down, right; at the same place for every epoch
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_SHIFT_AUGMENTATION_H_
