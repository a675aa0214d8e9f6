#include "server/torch/nn/drop_mask.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace traind {
namespace {

constexpr int64_t kLevels = 65536;
constexpr int64_t kValuesPerWord = 4;

}  // namespace

// One 64-bit random number makes four decisions: drawing numbers is what dropout
// costs on a CPU, and bernoulli_ draws one per value.
at::Tensor DropMask(const at::Tensor& like, double probability, at::Generator generator) {
  const int64_t word_count = (like.numel() + kValuesPerWord - 1) / kValuesPerWord;
  const at::Tensor words =
      at::empty({word_count}, like.options().dtype(at::kLong))
          .random_(std::numeric_limits<int64_t>::min(), std::nullopt, std::move(generator));
  const int64_t dropped_levels =
      std::clamp<int64_t>(std::llround(probability * kLevels), 0, kLevels - 1);
  const double kept = 1 - static_cast<double>(dropped_levels) / kLevels;
  return words.view(at::kShort)
      .narrow(0, 0, like.numel())
      .view(like.sizes())
      .ge(std::numeric_limits<int16_t>::min() + dropped_levels)
      .to(like.scalar_type())
      .mul_(1 / kept);
}

}  // namespace traind
