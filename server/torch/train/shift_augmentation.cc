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

std::vector<const uint8_t*> ShiftAugmentation::Locate(const at::Tensor& rows,
                                                      ByteImages& images) const {
  images.channel_stride = images_.stride(1);
  images.row_stride = images_.stride(2);
  const uint8_t* const start = images_.const_data_ptr<uint8_t>();
  const int64_t* const down = shift_pixels_ > 0 ? offsets_.const_data_ptr<int64_t>() : nullptr;
  const int64_t* const right = shift_pixels_ > 0 ? down + offsets_.size(1) : nullptr;
  const int64_t* const wanted = rows.const_data_ptr<int64_t>();
  std::vector<const uint8_t*> first(static_cast<size_t>(rows.size(0)));
  for (size_t i = 0; i < first.size(); ++i) {
    const int64_t row = wanted[i];
    first[i] = start + row * images_.stride(0);
    if (down != nullptr) first[i] += down[row] * images_.stride(2) + right[row] * images_.stride(3);
  }
  return first;
}

}  // namespace traind
