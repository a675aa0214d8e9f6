#include "server/torch/train/erase_augmentation.h"

#include "server/torch/random_generator.h"

namespace traind {
namespace {

constexpr double kDefaultAreaFraction = 0.25;
constexpr double kLeastQuotient = 1.0 / 3;

// Whole pixels of a side of `size`, from its share.
at::Tensor Pixels(const at::Tensor& share, int64_t size) {
  return (share * static_cast<double>(size)).round().clamp(1, size);
}

// Which of `size` places lie between two edges (int64 [B]): bool [B, size].
at::Tensor Between(const at::Tensor& first, const at::Tensor& end, int64_t size) {
  const at::Tensor places = at::arange(size, first.options());
  return places.ge(first.unsqueeze(1)).logical_and_(places.lt(end.unsqueeze(1)));
}

}  // namespace

EraseAugmentation::EraseAugmentation(const v1::Augmentation& options, at::IntArrayRef shape,
                                     at::Device device)
    : probability_(options.erase_probability()),
      area_fraction_(options.has_erase_area_fraction() ? options.erase_area_fraction()
                                                       : kDefaultAreaFraction) {
  if (probability_ == 0) return;
  height_ = shape[2];
  width_ = shape[3];
  edges_ = at::zeros({4, shape[0]}, at::TensorOptions().dtype(at::kLong).device(device));
}

void EraseAugmentation::StartEpoch(uint64_t seed) {
  if (!edges_.defined()) return;
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  const at::Tensor draws = at::rand({5, edges_.size(1)}, generator, at::TensorOptions(at::kDouble));
  const at::Tensor area = draws[1] * area_fraction_;
  // Neither side is longer than the image's.
  const at::Tensor quotient = (area.clamp_min(kLeastQuotient).log() * (1 - 2 * draws[2])).exp();
  // Nothing lies between equal edges.
  const at::Tensor chosen = draws[0].lt(probability_);
  const at::Tensor height = Pixels((area * quotient).sqrt(), height_) * chosen;
  const at::Tensor width = Pixels((area / quotient).sqrt(), width_) * chosen;
  const at::Tensor top = (draws[3] * (height_ + 1 - height)).floor();
  const at::Tensor left = (draws[4] * (width_ + 1 - width)).floor();
  edges_.copy_(at::stack({top, top + height, left, left + width}));
}

at::Tensor EraseAugmentation::Apply(const at::Tensor& rows, const at::Tensor& images) const {
  if (!edges_.defined()) return images;
  const at::Tensor edges = edges_.index_select(1, rows);
  const at::Tensor down = Between(edges[0], edges[1], height_).view({-1, 1, height_, 1});
  const at::Tensor across = Between(edges[2], edges[3], width_).view({-1, 1, 1, width_});
  return images.masked_fill(down.logical_and(across), 0);
}

}  // namespace traind
