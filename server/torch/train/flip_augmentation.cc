#include "server/torch/train/flip_augmentation.h"

#include "server/torch/random_generator.h"

namespace traind {
namespace {

at::Tensor FlipSome(const at::Tensor& images, const at::Tensor& chosen, int64_t dimension) {
  return at::where(chosen.view({-1, 1, 1, 1}), images.flip(dimension), images);
}

}  // namespace

FlipAugmentation::FlipAugmentation(const v1::Augmentation& options, int64_t row_count,
                                   at::Device device)
    : left_to_right_(options.horizontal_flip_probability()),
      top_to_bottom_(options.vertical_flip_probability()) {
  if (left_to_right_ == 0 && top_to_bottom_ == 0) return;
  flips_ = at::zeros({2, row_count}, at::TensorOptions().dtype(at::kBool).device(device));
}

void FlipAugmentation::StartEpoch(uint64_t seed) {
  if (!flips_.defined()) return;
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  const at::Tensor draws = at::rand(flips_.sizes(), generator, at::TensorOptions(at::kDouble));
  flips_[0].copy_(draws[0].lt(left_to_right_));
  flips_[1].copy_(draws[1].lt(top_to_bottom_));
}

at::Tensor FlipAugmentation::Apply(const at::Tensor& rows, at::Tensor images) const {
  if (!flips_.defined()) return images;
  const at::Tensor flips = flips_.index_select(1, rows);
  if (left_to_right_ > 0) images = FlipSome(images, flips[0], 3);
  if (top_to_bottom_ > 0) images = FlipSome(images, flips[1], 2);
  return images;
}

}  // namespace traind
