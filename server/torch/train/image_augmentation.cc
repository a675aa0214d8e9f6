#include "server/torch/train/image_augmentation.h"

#include "server/torch/train/seed_stream.h"

namespace traind {

// A shift is part of the interpolation where there is one.
ImageAugmentation::ImageAugmentation(const at::Tensor& rows, const v1::Augmentation& options,
                                     at::ScalarType type)
    : type_(type),
      are_bytes_(rows.is_cpu() && rows.dim() == 4 && rows.scalar_type() == at::kByte),
      interpolates_(AffineAugmentation::IsNeeded(options)),
      shift_(rows, interpolates_ ? 0 : options.shift_pixels()),
      flip_(options, rows.size(0), rows.device()),
      affine_(options, rows.sizes(), rows.device(), type),
      erase_(options, rows.sizes(), rows.device()) {}

void ImageAugmentation::StartEpoch(int64_t recipe_seed, int epoch) {
  const uint64_t shift_seed = StreamSeed(recipe_seed, SeedStream::kShift, epoch);
  shift_.StartEpoch(shift_seed);
  flip_.StartEpoch(StreamSeed(recipe_seed, SeedStream::kFlip, epoch));
  affine_.StartEpoch(StreamSeed(recipe_seed, SeedStream::kAffine, epoch), shift_seed);
  erase_.StartEpoch(StreamSeed(recipe_seed, SeedStream::kErase, epoch));
}

bool ImageAugmentation::keeps_bytes() const {
  return are_bytes_ && !interpolates_ && !flip_.is_on() && !erase_.is_on();
}

at::Tensor ImageAugmentation::Select(const at::Tensor& rows) const {
  at::Tensor images = flip_.Apply(rows, shift_.Select(rows));
  if (interpolates_) {
    const bool bytes = images.scalar_type() == at::kByte;
    images = images.to(type_);
    images = affine_.Apply(rows, bytes ? images.div_(255) : images);
  }
  return erase_.Apply(rows, images);
}

}  // namespace traind
