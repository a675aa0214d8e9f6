#ifndef TRAIND_SERVER_KERNELS_CONV_WEIGHT_GRADIENT_H_
#define TRAIND_SERVER_KERNELS_CONV_WEIGHT_GRADIENT_H_

#include <cstdint>
#include <utility>

#include "server/kernels/conv.h"

// The weight gradient in registers, written once for every vector width; `Lanes` as in
// conv_forward_tile.h.
//
// A tile of dw stays in registers while all pixels of the sample pass by. Its rows are taps of one
// kernel row, (kernel column, input channel) in one count, which lie in one piece in x:
//
//                    dy[pixel][0..15]   dy[pixel][16..31]    <- loaded once per pixel
//   x[pixel + tap 0]    dw  0,0            dw  0,1
//   x[pixel + tap 1]    dw  1,0            dw  1,1           <- each x is broadcast
//        ...              ...                ...
//   x[pixel + tap 11]   dw 11,0            dw 11,1
namespace traind {

// What all tiles of one call share.
struct WeightGradientCall {
  ConvShape shape;
  int out_height;
  int out_width;
  int64_t x_row_stride;
  int64_t dy_row_stride;
};

// `x` is at the tile's first tap of the first pixel, `dy` and `dw` at its first output channel.
template <class Lanes, int kVectors, int kTaps>
void WeightGradientTile(const WeightGradientCall& call, const float* x, const float* dy,
                        float* dw) {
  using Vector = typename Lanes::Vector;
  const int64_t out_channels = call.shape.out_channels;
  const int64_t in_channels = call.shape.in_channels;
  Vector sums[kTaps][kVectors];
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[t][v] = Lanes::Zero();
  }
  for (int row = 0; row < call.out_height; ++row) {
    const float* taps = x + row * call.x_row_stride;
    const float* pixel = dy + row * call.dy_row_stride;
    for (int column = 0; column < call.out_width; ++column) {
      Vector gradient[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) gradient[v] = Lanes::Load(pixel + v * Lanes::kCount);
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) {
        const Vector input = Lanes::Broadcast(taps[t]);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          sums[t][v] = Lanes::MultiplyAdd(input, gradient[v], sums[t][v]);
        }
      }
      taps += in_channels;
      pixel += out_channels;
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* const to = dw + t * out_channels + v * Lanes::kCount;
      Lanes::Store(to, Lanes::Add(Lanes::Load(to), sums[t][v]));
    }
  }
}

using WeightGradientTileFunction = void(const WeightGradientCall&, const float* x, const float* dy,
                                        float* dw);

// Tiles of 1, 2, … kTapsMax taps.
template <class Lanes, int kVectors, int kTapsMax,
          class = std::make_integer_sequence<int, kTapsMax>>
struct WeightGradientTiles;

template <class Lanes, int kVectors, int kTapsMax, int... kTapsLessOne>
struct WeightGradientTiles<Lanes, kVectors, kTapsMax, std::integer_sequence<int, kTapsLessOne...>> {
  static constexpr WeightGradientTileFunction* kOf[] = {
      &WeightGradientTile<Lanes, kVectors, kTapsLessOne + 1>...};
};

// ConvWeightGradient by tiles: per block of output channels and kernel row, its taps are cut into
// tiles of nearly equal height.
template <class Lanes>
class ConvWeightGradientPath {
 public:
  static void Run(const ConvShape& shape, const float* x, const float* dy, int64_t dy_row_stride,
                  float* dw) {
    const WeightGradientCall call = {shape, shape.out_height(), shape.out_width(),
                                     int64_t{shape.in_width} * shape.in_channels, dy_row_stride};
    using Pair = WeightGradientTiles<Lanes, 2, kPairTaps>;
    using Single = WeightGradientTiles<Lanes, 1, kSingleTaps>;
    int channel = 0;
    for (; channel + 2 * Lanes::kCount <= shape.out_channels; channel += 2 * Lanes::kCount) {
      RunBlock(call, Pair::kOf, kPairTaps, x, dy + channel, dw + channel);
    }
    if (channel < shape.out_channels) {
      RunBlock(call, Single::kOf, kSingleTaps, x, dy + channel, dw + channel);
    }
  }

 private:
  static constexpr int kPairTaps = Lanes::kRegisters == 32 ? 12 : 6;
  static constexpr int kSingleTaps = Lanes::kRegisters == 32 ? 16 : 12;

  static void RunBlock(const WeightGradientCall& call, WeightGradientTileFunction* const* tiles,
                       int taps_max, const float* x, const float* dy, float* dw) {
    const int row_taps = call.shape.kernel_width * call.shape.in_channels;
    const int tile_count = (row_taps + taps_max - 1) / taps_max;
    for (int kh = 0; kh < call.shape.kernel_height; ++kh) {
      for (int tile = 0; tile < tile_count; ++tile) {
        const int begin = row_taps * tile / tile_count;
        const int end = row_taps * (tile + 1) / tile_count;
        tiles[end - begin - 1](call, x + kh * call.x_row_stride + begin, dy,
                               dw + (int64_t{kh} * row_taps + begin) * call.shape.out_channels);
      }
    }
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_WEIGHT_GRADIENT_H_
