#ifndef TRAIND_SERVER_KERNELS_AMX_WEIGHT_GRADIENT_H_
#define TRAIND_SERVER_KERNELS_AMX_WEIGHT_GRADIENT_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/amx_gradient_layout.h"
#include "server/kernels/bf16_pairs.h"
#include "server/kernels/bf16_transpose.h"
#include "server/kernels/conv_bf16.h"
#include "server/kernels/paths.h"
#include "server/kernels/tile_cut.h"
#include "server/kernels/tile_product.h"

// The weight gradient of bf16 by tiles (tile_product.h). It sums over pixels, so these are what the
// factors' pairs are made of, and x and dy are laid out anew (amx_gradient_layout.h):
//
//                              dy[places][0..15]   dy[places][16..31]
//   x[channels  0..15][places]     dw 0, 0             dw 0, 1
//   x[channels 16..31][places]     dw 1, 0             dw 1, 1
//
// Places are counted through x, its rows behind each other. So the tap of kernel row kh and column
// kw has the same left factor, begun kh * in_width + kw places later; where a place is no output,
// dy is zero. A number that is none may so reach other taps' dw too.
//
// Where x has few channels, rows of a tile are taps instead, and the lines are copied to where each
// tap begins.
namespace traind {

template <class Tiles>
class AmxWeightGradientPath {
 public:
  // Bf16ConvWeightGradient.
  static void Run(const ConvShape& shape, const Bf16* x, const Bf16* dy, int64_t dy_row_stride,
                  Bf16* scratch, float* dw) {
    if (shape.stride != 1) {
      return kAvx512Bf16Conv.weight_gradient(shape, x, dy, dy_row_stride, scratch, dw);
    }
    const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
    const int rows = AmxBandRows(shape);
    const int out_height = shape.out_height();
    for (int row = 0; row < out_height; row += rows) {
      const int left = out_height - row;
      ConvShape band = shape;
      band.in_height = (left < rows ? left : rows) + shape.kernel_height - 1;
      RunBand(band, x + row * x_row_stride, dy + row * dy_row_stride, dy_row_stride, scratch, dw);
    }
  }

  template <int kRows, int kColumns>
  void Multiply(const TileGroup& group, float* sums) {
    const int64_t pair_stride = int64_t{2} * shape_.out_channels;
    const int64_t line_stride = layout_.line_stride;
    const int64_t step_pairs = layout_.step_pairs;
    const int steps = layout_.steps;
    const Bf16* left[kRows];
    for (int r = 0; r < kRows; ++r) left[r] = LeftOf(group.first + r);
    const Bf16* right = scratch_ + layout_.pairs + 2 * group.channel;
    TileProduct<Tiles>::template Start<kRows, kColumns>(tiles_, zeros_);
    for (int step = 0; step < steps; ++step) {
      TileProduct<Tiles>::template Step<kRows, kColumns>(tiles_, left, 2 * line_stride, right,
                                                         2 * pair_stride);
      for (int r = 0; r < kRows; ++r) left[r] += 2 * step_pairs;
      right += step_pairs * pair_stride;
    }
    TileProduct<Tiles>::template Store<kRows, kColumns>(tiles_, sums);
  }

  // Adds to dw.
  template <int kColumns>
  void Finish(const TileGroup& group, const float* sums) {
    for (int t = 0; t < group.count; ++t, sums += kColumns * kTileFloats) {
      const int tile = group.first + t;
      const int piece = tile % cut_.count;
      const int64_t tap = int64_t{tile / cut_.count} * cut_.length + cut_.Begin(piece);
      for (int row = cut_.Skip(piece); row < cut_.size; ++row) {
        float* const to = dw_ + (tap + row) * shape_.out_channels + group.channel;
#pragma GCC unroll 2
        for (int c = 0; c < kColumns; ++c) {
          const __m512 sum = _mm512_loadu_ps(sums + c * kTileFloats + 16 * row);
          _mm512_storeu_ps(to + 16 * c, _mm512_add_ps(_mm512_loadu_ps(to + 16 * c), sum));
        }
      }
    }
  }

 private:
  AmxWeightGradientPath(Tiles& tiles, const AmxGradientLayout& layout, const TileCut& cut,
                        const ConvShape& shape, const Bf16* scratch, float* dw)
      : tiles_(tiles), layout_(layout), cut_(cut), shape_(shape), scratch_(scratch), dw_(dw) {}

  static void RunBand(const ConvShape& band, const Bf16* x, const Bf16* dy, int64_t dy_row_stride,
                      Bf16* scratch, float* dw) {
    const AmxGradientLayout layout = AmxGradientLayoutOf(band);
    Bf16Transpose::Run(x, int64_t{band.in_height} * band.in_width, band.in_channels, scratch,
                       layout.line_stride);
    const int places = band.kernel_height * band.kernel_width;
    if (layout.gathers) CopyTapLines(band, layout, scratch);
    MakePairs(band, layout, dy, dy_row_stride, scratch + layout.pairs);
    // The rows of dw that one line of tiles makes.
    const TileCut cut = TileCut::Of(layout.gathers ? places * band.in_channels : band.in_channels);
    Tiles tiles(TileProduct<Tiles>::Config(cut.size, layout.step_pairs));
    AmxWeightGradientPath path(tiles, layout, cut, band, scratch, dw);
    RunTileBlocks(path, layout.gathers ? cut.count : places * cut.count, band.out_channels);
  }

  static int64_t PlaceOf(const ConvShape& band, int tap_place) {
    const int kh = tap_place / band.kernel_width;
    return int64_t{kh} * band.in_width + tap_place - kh * band.kernel_width;
  }

  static void CopyTapLines(const ConvShape& band, const AmxGradientLayout& layout, Bf16* scratch) {
    const int places = band.kernel_height * band.kernel_width;
    Bf16* to = scratch + layout.tap_lines;
    for (int place = 0; place < places; ++place) {
      for (int channel = 0; channel < band.in_channels; ++channel, to += layout.line_stride) {
        const Bf16* const from = scratch + channel * layout.line_stride + PlaceOf(band, place);
        // The channel's line is long enough, and ends with zeros.
        __builtin_memcpy(to, from, layout.place_count() * sizeof(Bf16));
      }
    }
  }

  static void MakePairs(const ConvShape& band, const AmxGradientLayout& layout, const Bf16* dy,
                        int64_t dy_row_stride, Bf16* to) {
    const int out_height = band.out_height();
    const int out_width = band.out_width();
    int row = 0;
    int column = 0;
    for (int64_t place = 0; place < layout.place_count(); place += 2) {
      const Bf16* pixel[2];
      for (const Bf16*& one : pixel) {
        const bool output = row < out_height && column < out_width;
        one = output ? dy + row * dy_row_stride + int64_t{column} * band.out_channels : nullptr;
        if (++column < band.in_width) continue;
        column = 0;
        ++row;
      }
      Bf16Pairs::Make(pixel[0], pixel[1], band.out_channels, to + place * band.out_channels);
    }
  }

  const Bf16* LeftOf(int tile) const {
    const int line = tile / cut_.count;
    const Bf16* const lines =
        layout_.gathers ? scratch_ + layout_.tap_lines : scratch_ + PlaceOf(shape_, line);
    return lines + cut_.Begin(tile - line * cut_.count) * layout_.line_stride;
  }

  Tiles& tiles_;
  const AmxGradientLayout& layout_;
  const TileCut cut_;
  const ConvShape& shape_;
  const Bf16* const scratch_;
  float* const dw_;
  alignas(64) const float zeros_[32] = {};
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_AMX_WEIGHT_GRADIENT_H_
