#include <algorithm>
#include <cstring>

#include "server/kernels/amx_gradient_layout.h"
#include "server/kernels/conv_bf16.h"

namespace traind {
namespace {

int RowPairs(const ConvShape& shape) { return (shape.kernel_width * shape.in_channels + 1) / 2; }

Bf16 Rounded(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const bool is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
  const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return static_cast<Bf16>(is_nan ? bits >> 16 | 0x40 : rounded);
}

}  // namespace

void RoundToBf16(int64_t count, const float* from, Bf16* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = Rounded(from[i]);
}

float FloatOf(Bf16 value) {
  const uint32_t bits = uint32_t{value} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

int64_t Bf16WeightCount(const ConvShape& shape) {
  return int64_t{shape.kernel_height} * RowPairs(shape) * shape.out_channels * 2;
}

void PackBf16Weights(const ConvShape& shape, const float* weights, Bf16* packed) {
  const int row_taps = shape.kernel_width * shape.in_channels;
  for (int kh = 0; kh < shape.kernel_height; ++kh) {
    for (int tap = 0; tap < row_taps; tap += 2) {
      const float* const first = weights + (int64_t{kh} * row_taps + tap) * shape.out_channels;
      const bool alone = tap + 1 == row_taps;
      const float* const second = alone ? first : first + shape.out_channels;
      Bf16* const to = packed + (int64_t{kh} * RowPairs(shape) + tap / 2) * shape.out_channels * 2;
      for (int oc = 0; oc < shape.out_channels; ++oc) {
        to[2 * oc] = Rounded(first[oc]);
        to[2 * oc + 1] = alone ? Bf16{0} : Rounded(second[oc]);
      }
    }
  }
}

int64_t Bf16ScratchCount(const ConvShape& shape) {
  // For bf16_row_pairs.h, or for AMX.
  const int64_t row_pairs = (shape.out_height() + 1) / 2;
  const int64_t x_rows = (2 * row_pairs - 2) * shape.stride + shape.kernel_height;
  const int64_t row_pair_count = 2 * (x_rows * shape.in_width * shape.in_channels +
                                      row_pairs * shape.out_width() * shape.out_channels);
  return shape.stride == 1 ? std::max(row_pair_count, AmxScratchCount(shape)) : row_pair_count;
}

}  // namespace traind
