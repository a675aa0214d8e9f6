#include "server/torch/train/shift_augmentation.h"

#include "server/torch/random_generator.h"

namespace traind {

ShiftAugmentation::ShiftAugmentation(const at::Tensor& images, int64_t shift_pixels)
    : shift_pixels_(shift_pixels), images_(images) {
  if (shift_pixels_ == 0) return;
  const int64_t p = shift_pixels_;
  images_ = at::constant_pad_nd(images, {p, p, p, p}, 0);
  windows_ =
      images_.unfold(2, images.size(2), 1).unfold(3, images.size(3), 1).permute({0, 2, 3, 1, 4, 5});
  offsets_ = at::zeros({2, images.size(0)}, images.options().dtype(at::kLong));
}

void ShiftAugmentation::StartEpoch(uint64_t seed) {
  if (shift_pixels_ == 0) return;
  offsets_.copy_(Draw(seed, shift_pixels_, images_.size(0)));
}

at::Tensor ShiftAugmentation::Draw(uint64_t seed, int64_t shift_pixels, int64_t row_count) {
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  return at::randint(2 * shift_pixels + 1, {2, row_count}, generator,
                     at::TensorOptions().dtype(at::kLong));
}

at::Tensor ShiftAugmentation::Select(const at::Tensor& rows) const {
  if (shift_pixels_ == 0) return images_.index_select(0, rows);
  const at::Tensor offsets = offsets_.index_select(1, rows);
  // One gather for the batch: picks a row and its window.
  return at::index(windows_, {rows, offsets[0], offsets[1]});
}

}  // namespace traind
