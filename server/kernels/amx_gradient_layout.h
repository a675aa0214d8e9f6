#ifndef TRAIND_SERVER_KERNELS_AMX_GRADIENT_LAYOUT_H_
#define TRAIND_SERVER_KERNELS_AMX_GRADIENT_LAYOUT_H_

#include <cstdint>

#include "server/kernels/conv.h"

namespace traind {

// How amx_weight_gradient.h lays out x and dy in its scratch memory, for one band of output rows.
// Places are pixels of x in one count: row * in_width + column. Behind each other:
//
//   channel lines  [in_channels][line_stride]        x, a line for each channel
//   tap lines      [taps][line_stride]               only if `gathers`: x moved by each tap's place
//   pairs          [place_count / 2][out_channels][2]  dy, zeros where a place is no output
struct AmxGradientLayout {
  bool gathers;
  int64_t line_stride;  // a multiple of 32
  int steps;
  int step_pairs;  // of places

  int64_t tap_lines;  // where they begin
  int64_t pairs;
  int64_t size;

  [[gnu::always_inline]] int64_t place_count() const { return int64_t{2} * steps * step_pairs; }
};

// The output rows of a band: the scratch memory of one stays in the cache. A band is the sample's
// part with kernel_height - 1 more rows of x.
int AmxBandRows(const ConvShape& shape);

AmxGradientLayout AmxGradientLayoutOf(const ConvShape& band);

// Elements for the largest band of a sample. Never less for a sample with more rows.
int64_t AmxScratchCount(const ConvShape& shape);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_AMX_GRADIENT_LAYOUT_H_
