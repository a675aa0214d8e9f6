#ifndef TRAIND_SERVER_KERNELS_BF16_ROW_PAIRS_H_
#define TRAIND_SERVER_KERNELS_BF16_ROW_PAIRS_H_

#include <cstdint>

#include "server/kernels/bf16_pairs.h"
#include "server/kernels/conv_bf16.h"
#include "server/kernels/conv_weight_gradient.h"
#include "server/kernels/lanes_bf16.h"

namespace traind {

// Bf16ConvWeightGradient for AVX512-BF16. A step adds two products; for the weight gradient these
// are two pixels, here one below the other, so x and dy are first laid out in pairs of rows:
//
//   x      row 0   row 1   row 2 …           dy      row 0   row 1   row 2 …
//   pairs  (0, 1)  (1, 2)  (2, 3) …          pairs   (0, 1)  (2, 3) …
//
// The pair of dy's rows 2i and 2i + 1 meets for the kernel's row k x's pair 2i + k. Where dy's last
// row has no other, a row of zeros stands in. With a stride s, x's pairs are of rows s apart, and
// the pair is 2is + k.
class Bf16WeightGradientPath {
 public:
  static void Run(const ConvShape& shape, const Bf16* x, const Bf16* dy, int64_t dy_row_stride,
                  Bf16* scratch, float* dw) {
    const int row_pairs = (shape.out_height() + 1) / 2;
    const int x_rows = (2 * row_pairs - 2) * shape.stride + shape.kernel_height;
    const int64_t x_row = int64_t{shape.in_width} * shape.in_channels;
    const int64_t dy_row = int64_t{shape.out_width()} * shape.out_channels;
    Bf16* const x_pairs = scratch;
    for (int row = 0; row < x_rows; ++row) {
      PairRows(row + shape.stride >= shape.in_height, x + row * x_row, shape.stride * x_row, x_row,
               x_pairs + 2 * row * x_row);
    }
    Bf16* const dy_pairs = x_pairs + 2 * x_rows * x_row;
    for (int pair = 0; pair < row_pairs; ++pair) {
      PairRows(2 * pair + 1 == shape.out_height(), dy + 2 * pair * dy_row_stride, dy_row_stride,
               dy_row, dy_pairs + 2 * pair * dy_row);
    }
    const WeightGradientCall call = {
        .rows = row_pairs,
        .columns = shape.out_width(),
        .x_row_stride = 4 * shape.stride * x_row,
        .x_pixel_stride = int64_t{2} * shape.stride * shape.in_channels,
        .dy_row_stride = 2 * dy_row,
        .dy_pixel_stride = int64_t{2} * shape.out_channels,
        .kernel_row_stride = 2 * x_row,
        .out_channels = shape.out_channels};
    ConvWeightGradientPath<Bf16Lanes<float>>::RunTiles(call, shape, x_pairs, dy_pairs, dw);
  }

 private:
  // An `alone` first row has zeros beside it.
  static void PairRows(bool alone, const Bf16* first, int64_t row_stride, int64_t count, Bf16* to) {
    Bf16Pairs::Make(first, alone ? nullptr : first + row_stride, count, to);
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_BF16_ROW_PAIRS_H_
