#ifndef TRAIND_SERVER_KERNELS_CONV_FORWARD_TILE_H_
#define TRAIND_SERVER_KERNELS_CONV_FORWARD_TILE_H_

#include <cstdint>
#include <utility>

#include "server/kernels/conv.h"

// The forward convolution in registers, written once for every vector width. `Lanes` names the
// instruction set (lanes_*.h) and so makes the instances of each path different functions. Nothing
// here may call an inline function that another path could compile too.
//
// A tile of the output stays in registers while all taps pass by. With AVX-512 that is up to 12
// neighbouring pixels of a row times 2 vectors of output channels:
//
//                 w[tap][0..15]   w[tap][16..31]      <- loaded once per tap
//   x[pixel  0]    sum  0,0         sum  0,1
//   x[pixel  1]    sum  1,0         sum  1,1          <- each x is broadcast
//      ...           ...              ...
//   x[pixel 11]    sum 11,0         sum 11,1
//
// A kernel's row of taps, kernel_width * in_channels of them, lies in one piece in x as in the
// weights, so the loop over taps has but two levels. The distance of two pixels' x is in_channels:
// with that known when compiling, a pixel's address is a constant offset and needs no register.
namespace traind {

// What all tiles of one call share.
struct ForwardCall {
  ConvShape shape;
  ConvEpilogue epilogue;
  int64_t x_row_stride;
  int64_t y_row_stride;
  int row_taps;
};

// Where a tile begins, and the kernel rows that it multiplies.
struct ForwardTileStart {
  const float* x;
  const float* weights;  // at the tile's first output channel
  float* y;
  const float* companion;
  int channel;
  int kernel_row_begin;
  int kernel_row_end;
};

template <class Lanes, int kPixels, int kVectors>
struct ForwardSums {
  typename Lanes::Vector at[kPixels][kVectors];
};

template <class Lanes, int kPixels, int kVectors>
[[gnu::always_inline]] inline void FinishForwardTile(
    const ForwardCall& call, const ForwardTileStart& start,
    const ForwardSums<Lanes, kPixels, kVectors>& sums) {
  using Vector = typename Lanes::Vector;
  const ConvEpilogue& epilogue = call.epilogue;
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const int channel = start.channel + v * Lanes::kCount;
    const Vector bias =
        epilogue.bias == nullptr ? Lanes::Zero() : Lanes::Load(epilogue.bias + channel);
    Vector sum = Lanes::Zero();
    Vector product_sum = Lanes::Zero();
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) {
      const int64_t offset = int64_t{p} * call.shape.out_channels + v * Lanes::kCount;
      Vector value = Lanes::Add(sums.at[p][v], bias);
      if (epilogue.relu) value = Lanes::Relu(value);
      Lanes::Store(start.y + offset, value);
      sum = Lanes::Add(sum, value);
      if (epilogue.product_sum != nullptr) {
        const Vector companion =
            start.companion == nullptr ? value : Lanes::Load(start.companion + offset);
        product_sum = Lanes::MultiplyAdd(value, companion, product_sum);
      }
    }
    if (epilogue.sum != nullptr) {
      float* const to = epilogue.sum + channel;
      Lanes::Store(to, Lanes::Add(Lanes::Load(to), sum));
    }
    if (epilogue.product_sum != nullptr) {
      float* const to = epilogue.product_sum + channel;
      Lanes::Store(to, Lanes::Add(Lanes::Load(to), product_sum));
    }
  }
}

// kInChannels 0: as the call says.
template <class Lanes, int kInChannels, int kVectors, int kPixels>
void ForwardTile(const ForwardCall& call, const ForwardTileStart& start) {
  using Vector = typename Lanes::Vector;
  const int64_t pixel_stride = kInChannels == 0 ? call.shape.in_channels : kInChannels;
  const int64_t out_channels = call.shape.out_channels;
  ForwardSums<Lanes, kPixels, kVectors> sums;
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums.at[p][v] = Lanes::Zero();
  }
  for (int kh = start.kernel_row_begin; kh < start.kernel_row_end; ++kh) {
    const float* x = start.x + kh * call.x_row_stride;
    const float* weights = start.weights + kh * call.row_taps * out_channels;
    for (const float* const end = x + call.row_taps; x != end; ++x, weights += out_channels) {
      Vector weight[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) weight[v] = Lanes::Load(weights + v * Lanes::kCount);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) {
        const Vector input = Lanes::Broadcast(x[p * pixel_stride]);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          sums.at[p][v] = Lanes::MultiplyAdd(input, weight[v], sums.at[p][v]);
        }
      }
    }
  }
  FinishForwardTile<Lanes, kPixels, kVectors>(call, start, sums);
}

using ForwardTileFunction = void(const ForwardCall&, const ForwardTileStart&);

// Tiles of 1, 2, … kPixelsMax pixels.
template <class Lanes, int kInChannels, int kVectors, int kPixelsMax,
          class = std::make_integer_sequence<int, kPixelsMax>>
struct ForwardTiles;

template <class Lanes, int kInChannels, int kVectors, int kPixelsMax, int... kPixelsLessOne>
struct ForwardTiles<Lanes, kInChannels, kVectors, kPixelsMax,
                    std::integer_sequence<int, kPixelsLessOne...>> {
  static constexpr ForwardTileFunction* kOf[] = {
      &ForwardTile<Lanes, kInChannels, kVectors, kPixelsLessOne + 1>...};
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_FORWARD_TILE_H_
