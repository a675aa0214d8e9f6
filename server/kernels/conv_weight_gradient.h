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
//
// In bf16 a step takes Lanes::kTaps = 2 pixels, one below the other: then x and dy are laid out as
// pairs (bf16_row_pairs.h), and all else is the same.
namespace traind {

// What all tiles of one call share: strides in elements of x and dy, and how many steps go down and
// right.
struct WeightGradientCall {
  int rows;
  int columns;
  int64_t x_row_stride;
  int64_t x_pixel_stride;
  int64_t dy_row_stride;
  int64_t dy_pixel_stride;
  // From one kernel row to the next, in x.
  int64_t kernel_row_stride;
  int out_channels;
};

// `x` is at the tile's first tap of the first pixel, `dy` and `dw` at its first output channel.
template <class Lanes, int kVectors, int kTileTaps>
void WeightGradientTile(const WeightGradientCall& call, const typename Lanes::Input* x,
                        const typename Lanes::Input* dy, float* dw) {
  using Vector = typename Lanes::Vector;
  Vector sums[kTileTaps][kVectors];
#pragma GCC unroll 16
  for (int t = 0; t < kTileTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[t][v] = Lanes::Zero();
  }
  for (int row = 0; row < call.rows; ++row) {
    const typename Lanes::Input* taps = x + row * call.x_row_stride;
    const typename Lanes::Input* pixel = dy + row * call.dy_row_stride;
    for (int column = 0; column < call.columns; ++column) {
      typename Lanes::Operand gradient[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        gradient[v] = Lanes::LoadOperand(pixel + v * Lanes::kCount * Lanes::kTaps);
      }
#pragma GCC unroll 16
      for (int t = 0; t < kTileTaps; ++t) {
        const auto input = Lanes::BroadcastOperand(taps + t * Lanes::kTaps);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          sums[t][v] = Lanes::Accumulate(input, gradient[v], sums[t][v]);
        }
      }
      taps += call.x_pixel_stride;
      pixel += call.dy_pixel_stride;
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTileTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* const to = dw + int64_t{t} * call.out_channels + v * Lanes::kCount;
      Lanes::Store(to, Lanes::Add(Lanes::Load(to), sums[t][v]));
    }
  }
}

template <class Lanes>
using WeightGradientTileFunction = void(const WeightGradientCall&, const typename Lanes::Input* x,
                                        const typename Lanes::Input* dy, float* dw);

// Tiles of 1, 2, … kTapsMax taps.
template <class Lanes, int kVectors, int kTapsMax,
          class = std::make_integer_sequence<int, kTapsMax>>
struct WeightGradientTiles;

template <class Lanes, int kVectors, int kTapsMax, int... kTapsLessOne>
struct WeightGradientTiles<Lanes, kVectors, kTapsMax, std::integer_sequence<int, kTapsLessOne...>> {
  static constexpr WeightGradientTileFunction<Lanes>* kOf[] = {
      &WeightGradientTile<Lanes, kVectors, kTapsLessOne + 1>...};
};

// The weight gradient by tiles: per block of output channels and kernel row, its taps are cut into
// tiles of nearly equal height.
template <class Lanes>
class ConvWeightGradientPath {
 public:
  using Input = typename Lanes::Input;

  // ConvWeightGradient, where a step takes one pixel.
  static void Run(const ConvShape& shape, const Input* x, const Input* dy, int64_t dy_row_stride,
                  float* dw) {
    const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
    const WeightGradientCall call = {.rows = shape.out_height(),
                                     .columns = shape.out_width(),
                                     .x_row_stride = shape.stride * x_row_stride,
                                     .x_pixel_stride = int64_t{shape.stride} * shape.in_channels,
                                     .dy_row_stride = dy_row_stride,
                                     .dy_pixel_stride = shape.out_channels,
                                     .kernel_row_stride = x_row_stride,
                                     .out_channels = shape.out_channels};
    RunTiles(call, shape, x, dy, dw);
  }

  static void RunTiles(const WeightGradientCall& call, const ConvShape& shape, const Input* x,
                       const Input* dy, float* dw) {
    using Pair = WeightGradientTiles<Lanes, 2, kPairTaps>;
    using Single = WeightGradientTiles<Lanes, 1, kSingleTaps>;
    int channel = 0;
    for (; channel + 2 * Lanes::kCount <= shape.out_channels; channel += 2 * Lanes::kCount) {
      RunBlock(call, shape, Pair::kOf, kPairTaps, x, dy + int64_t{channel} * Lanes::kTaps,
               dw + channel);
    }
    if (channel < shape.out_channels) {
      RunBlock(call, shape, Single::kOf, kSingleTaps, x, dy + int64_t{channel} * Lanes::kTaps,
               dw + channel);
    }
  }

 private:
  static constexpr int kPairTaps = Lanes::kRegisters == 32 ? 12 : 6;
  static constexpr int kSingleTaps = Lanes::kRegisters == 32 ? 16 : 12;

  static void RunBlock(const WeightGradientCall& call, const ConvShape& shape,
                       WeightGradientTileFunction<Lanes>* const* tiles, int taps_max,
                       const Input* x, const Input* dy, float* dw) {
    const int row_taps = shape.kernel_width * shape.in_channels;
    const int tile_count = (row_taps + taps_max - 1) / taps_max;
    for (int kh = 0; kh < shape.kernel_height; ++kh) {
      for (int tile = 0; tile < tile_count; ++tile) {
        const int begin = row_taps * tile / tile_count;
        const int end = row_taps * (tile + 1) / tile_count;
        tiles[end - begin - 1](call,
                               x + kh * call.kernel_row_stride + int64_t{begin} * Lanes::kTaps, dy,
                               dw + (int64_t{kh} * row_taps + begin) * shape.out_channels);
      }
    }
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_WEIGHT_GRADIENT_H_
