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
// weights, so the loop over taps has but two levels. The distance of two pixels' x is stride *
// in_channels: with that known when compiling, a pixel's address is a constant offset and needs no
// register.
//
// In bf16 a step takes Lanes::kTaps = 2 taps: a broadcast x is a pair of neighbours, a weight a
// pair too, and the sums are float as before.
namespace traind {

// What all tiles of one call share.
template <class Lanes>
struct ForwardCall {
  ConvShape shape;
  typename Lanes::Epilogue epilogue;
  int64_t x_row_stride;
  int64_t y_row_stride;
  int out_height;
  int row_steps;  // kTaps taps each
};

// The strip that one tile's width makes over all rows, at its first row. A tile walks down its
// strip by itself: its next row begins while the last one's sums are still being stored.
template <class Lanes>
struct ForwardStrip {
  const typename Lanes::Input* x;
  const typename Lanes::Input* weights;  // at the strip's first output channel
  typename Lanes::Output* y;
  const typename Lanes::Input* companion;
  int channel;
};

template <class Lanes, int kPixels, int kVectors>
struct ForwardSums {
  typename Lanes::Vector at[kPixels][kVectors];
};

template <class Lanes, int kPixels, int kVectors>
[[gnu::always_inline]] inline void FinishForwardTile(
    const ForwardCall<Lanes>& call, const ForwardStrip<Lanes>& strip, int row,
    const ForwardSums<Lanes, kPixels, kVectors>& sums) {
  using Vector = typename Lanes::Vector;
  const auto& epilogue = call.epilogue;
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const int channel = strip.channel + v * Lanes::kCount;
    Vector sum = Lanes::Zero();
    Vector product_sum = Lanes::Zero();
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) {
      const int64_t offset =
          row * call.y_row_stride + int64_t{p} * call.shape.out_channels + v * Lanes::kCount;
      Vector value = sums.at[p][v];
      if (epilogue.relu) value = Lanes::Relu(value);
      value = Lanes::StoreOutput(strip.y + offset, value);  // as it is rounded there
      sum = Lanes::Add(sum, value);
      if (epilogue.product_sum != nullptr) {
        const Vector companion =
            strip.companion == nullptr ? value : Lanes::LoadInput(strip.companion + offset);
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

// The tile of row `row`. kPixelStride: the distance of two pixels' x; 0: as the call says.
template <class Lanes, int kPixelStride, int kVectors, int kPixels>
[[gnu::always_inline]] inline void ForwardTile(const ForwardCall<Lanes>& call,
                                               const ForwardStrip<Lanes>& strip, int row) {
  using Vector = typename Lanes::Vector;
  const ConvShape& shape = call.shape;
  const int64_t pixel_stride =
      kPixelStride == 0 ? int64_t{shape.in_channels} * shape.stride : kPixelStride;
  const int64_t step_weights = int64_t{shape.out_channels} * Lanes::kTaps;
  const float* const bias = call.epilogue.bias;
  ForwardSums<Lanes, kPixels, kVectors> sums;
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const Vector first =
        bias == nullptr ? Lanes::Zero() : Lanes::Load(bias + strip.channel + v * Lanes::kCount);
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) sums.at[p][v] = first;
  }
  // Kernel rows that lie on rows of zeros are left out.
  const int x_row = row * shape.stride;
  const int zeros_above = shape.zero_rows - x_row;
  const int rows_below = shape.in_height - shape.zero_rows - x_row;
  const int end_row = rows_below < shape.kernel_height ? rows_below : shape.kernel_height;
  int first_row = zeros_above > 0 ? zeros_above : 0;
  if (shape.row_step > 1) {
    const int behind = (first_row - zeros_above) % shape.row_step;
    if (behind > 0) first_row += shape.row_step - behind;
  }
  for (int kh = first_row; kh < end_row; kh += shape.row_step) {
    const typename Lanes::Input* x = strip.x + (x_row + kh) * call.x_row_stride;
    const typename Lanes::Input* weights = strip.weights + kh * call.row_steps * step_weights;
    const typename Lanes::Input* const end = x + call.row_steps * Lanes::kTaps;
    for (; x != end; x += Lanes::kTaps, weights += step_weights) {
      // With one channel in, the next tap's x are all but one of this one's. To keep them in
      // registers, as compilers like to, costs a shuffle for each: they must not see it.
      asm("" : "+r"(x));
      typename Lanes::Operand weight[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v)
        weight[v] = Lanes::LoadOperand(weights + v * Lanes::kCount * Lanes::kTaps);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) {
        const auto input = Lanes::BroadcastOperand(x + p * pixel_stride);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          sums.at[p][v] = Lanes::Accumulate(input, weight[v], sums.at[p][v]);
        }
      }
    }
  }
  FinishForwardTile<Lanes, kPixels, kVectors>(call, strip, row, sums);
}

template <class Lanes, int kPixelStride, int kVectors, int kPixels>
void ForwardRows(const ForwardCall<Lanes>& call, const ForwardStrip<Lanes>& strip) {
  for (int row = 0; row < call.out_height; ++row) {
    ForwardTile<Lanes, kPixelStride, kVectors, kPixels>(call, strip, row);
  }
}

template <class Lanes>
using ForwardRowsFunction = void(const ForwardCall<Lanes>&, const ForwardStrip<Lanes>&);

// Tiles of 1, 2, … kPixelsMax pixels.
template <class Lanes, int kPixelStride, int kVectors, int kPixelsMax,
          class = std::make_integer_sequence<int, kPixelsMax>>
struct ForwardTiles;

template <class Lanes, int kPixelStride, int kVectors, int kPixelsMax, int... kPixelsLessOne>
struct ForwardTiles<Lanes, kPixelStride, kVectors, kPixelsMax,
                    std::integer_sequence<int, kPixelsLessOne...>> {
  static constexpr ForwardRowsFunction<Lanes>* kOf[] = {
      &ForwardRows<Lanes, kPixelStride, kVectors, kPixelsLessOne + 1>...};
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_FORWARD_TILE_H_
