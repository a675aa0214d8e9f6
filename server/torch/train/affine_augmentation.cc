#include "server/torch/train/affine_augmentation.h"

#include <numbers>

#include "server/torch/random_generator.h"
#include "server/torch/train/shift_augmentation.h"

namespace traind {
namespace {

constexpr int64_t kBilinear = 0;
constexpr int64_t kZeroPadding = 0;

at::Tensor Radians(const at::Tensor& degrees) { return degrees * (std::numbers::pi / 180); }

// Middles of pixels along a side, from -1 to 1.
at::Tensor Places(int64_t count, const at::TensorOptions& options) {
  return (at::arange(count, options) * 2 + 1) / static_cast<double>(count) - 1;
}

}  // namespace

AffineAugmentation::AffineAugmentation(const v1::Augmentation& options, at::IntArrayRef shape,
                                       at::Device device, at::ScalarType type)
    : options_(options) {
  if (!IsNeeded(options)) return;
  height_ = shape[2];
  width_ = shape[3];
  matrices_ = at::zeros({shape[0], 2, 3}, at::TensorOptions().dtype(type).device(device));
}

bool AffineAugmentation::IsNeeded(const v1::Augmentation& options) {
  return options.rotation_degrees() != 0 || options.scale_fraction() != 0 ||
         options.shear_degrees() != 0;
}

void AffineAugmentation::StartEpoch(uint64_t seed, uint64_t shift_seed) {
  if (!matrices_.defined()) return;
  matrices_.copy_(Matrices(Draw(options_, matrices_.size(0), seed, shift_seed), height_, width_));
}

at::Tensor AffineAugmentation::Apply(const at::Tensor& rows, const at::Tensor& images) const {
  if (!matrices_.defined()) return images;
  return Sample(images, matrices_.index_select(0, rows));
}

at::Tensor AffineAugmentation::Draw(const v1::Augmentation& options, int64_t row_count,
                                    uint64_t seed, uint64_t shift_seed) {
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  // From -1 to 1.
  const at::Tensor draws =
      at::rand({3, row_count}, generator, at::TensorOptions(at::kDouble)).mul_(2).sub_(1);
  const int64_t pixels = options.shift_pixels();
  const at::Tensor shifts =
      (pixels - ShiftAugmentation::Draw(shift_seed, pixels, row_count)).to(at::kDouble);
  return at::stack({draws[0] * options.rotation_degrees(), draws[1] * options.shear_degrees(),
                    1 + draws[2] * options.scale_fraction(), shifts[1], shifts[0]},
                   1);
}

at::Tensor AffineAugmentation::Matrices(const at::Tensor& moves, int64_t height, int64_t width) {
  const at::Tensor rotation = Radians(moves.select(1, 0));
  const at::Tensor tangent = Radians(moves.select(1, 1)).tan();
  const at::Tensor size = moves.select(1, 2);
  const at::Tensor right = moves.select(1, 3);
  const at::Tensor down = moves.select(1, 4);
  const at::Tensor cosine = rotation.cos();
  const at::Tensor sine = rotation.sin();
  // In pixels from the centre, a place p comes from (R S K)^-1 (p - shift), where R rotates,
  // S scales and K = [1 -tangent; 0 1] shears.
  const at::Tensor a = (cosine - sine * tangent) / size;
  const at::Tensor b = (sine + cosine * tangent) / size;
  const at::Tensor c = -sine / size;
  const at::Tensor d = cosine / size;
  const double aspect = static_cast<double>(height) / static_cast<double>(width);
  const at::Tensor x = (a * right + b * down) * (-2.0 / static_cast<double>(width));
  const at::Tensor y = (c * right + d * down) * (-2.0 / static_cast<double>(height));
  return at::stack({a, b * aspect, x, c / aspect, d, y}, 1).view({-1, 2, 3});
}

at::Tensor AffineAugmentation::Sample(const at::Tensor& images, const at::Tensor& matrices) {
  // By elementwise arithmetic, so that a row's bits do not depend on how many rows there
  // are, as those of a matrix product may.
  const at::Tensor x = Places(images.size(3), images.options()).view({1, 1, -1});
  const at::Tensor y = Places(images.size(2), images.options()).view({1, -1, 1});
  const auto from = [&](int64_t row) {
    const at::Tensor factors = matrices.select(1, row).view({-1, 3, 1, 1});
    return (factors.select(1, 0) * x + factors.select(1, 2)) + factors.select(1, 1) * y;
  };
  return at::grid_sampler(images, at::stack({from(0), from(1)}, 3), kBilinear, kZeroPadding,
                          /*align_corners=*/false);
}

}  // namespace traind
