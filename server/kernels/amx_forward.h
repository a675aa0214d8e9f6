#ifndef TRAIND_SERVER_KERNELS_AMX_FORWARD_H_
#define TRAIND_SERVER_KERNELS_AMX_FORWARD_H_

#include <immintrin.h>

#include <cstdint>
#include <type_traits>

#include "server/kernels/conv_bf16.h"
#include "server/kernels/paths.h"
#include "server/kernels/tile_cut.h"
#include "server/kernels/tile_product.h"

// The forward convolution of bf16 by tiles (tile_product.h). Rows of a left tile are neighbouring
// pixels, read where they lie: the distance of two rows is in_channels, and a kernel's row of taps
// is one piece of memory. The packed weights are right tiles as they are.
//
//                      w[pairs][0..15]  w[pairs][16..31]
//   x[pixels 0..11]       sum 0            sum 1
//   x[pixels 12..23]      sum 2            sum 3
namespace traind {

// `Lanes` (lanes_bf16.h) is for what happens to the sums.
template <class Tiles, class Lanes>
class AmxForwardPath {
 public:
  using Output = typename Lanes::Output;

  // Bf16ConvKernels::forward or forward_to_float.
  static void Run(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                  const Bf16ConvEpilogue& epilogue, Output* y, int64_t y_row_stride) {
    if (shape.stride != 1) {
      // The rows of a left tile would not be neighbouring pixels any more.
      if constexpr (std::is_same_v<Output, Bf16>) {
        return kAvx512Bf16Conv.forward(shape, x, weights, epilogue, y, y_row_stride);
      } else {
        return kAvx512Bf16Conv.forward_to_float(shape, x, weights, epilogue, y, y_row_stride);
      }
    }
    const Plan plan = PlanOf(shape);
    Tiles tiles(TileProduct<Tiles>::Config(plan.cut.size, plan.step_pairs));
    AmxForwardPath path(tiles, plan, shape, x, weights, epilogue, y, y_row_stride);
    RunTileBlocks(path, plan.lines * plan.cut.count, shape.out_channels);
  }

  template <int kRows, int kColumns>
  void Multiply(const TileGroup& group, float* sums) {
    if (plan_.gathers) {
      MultiplyGathered<kRows, kColumns>(group, sums);
    } else {
      MultiplyDirect<kRows, kColumns>(group, sums);
    }
  }

  // Epilogue.
  template <int kColumns>
  void Finish(const TileGroup& group, const float* sums) {
    TotalSums<kColumns> totals;
#pragma GCC unroll 2
    for (int c = 0; c < kColumns; ++c) totals.sum[c] = totals.product_sum[c] = Lanes::Zero();
    for (int tile = 0; tile < group.count; ++tile) {
      FinishTile(group.first + tile, group.channel, sums + tile * kColumns * kTileFloats, totals);
    }
#pragma GCC unroll 2
    for (int c = 0; c < kColumns; ++c) {
      const int channel = group.channel + 16 * c;
      AddTo(epilogue_.sum, channel, totals.sum[c]);
      AddTo(epilogue_.product_sum, channel, totals.product_sum[c]);
    }
  }

 private:
  using Vector = typename Lanes::Vector;
  using Product = TileProduct<Tiles>;

  // How tiles lie on the sample. Places are pixels of x in one count: row * in_width + column.
  struct Plan {
    // A tile's rows are pixels of one of so many lines, or of the whole sample taken as one line.
    // Then some places are no outputs, those at the end of each row where the kernel does not fit.
    int lines;
    TileCut cut;
    // The taps of a pixel are first laid side by side, all kernel rows' of them.
    bool gathers;
    int kernel_rows;  // each a product of its own
    int row_pairs;
    int step_pairs;
  };

  template <int kColumns>
  struct TotalSums {
    Vector sum[kColumns];
    Vector product_sum[kColumns];
  };

  // A tile with fewer rows is hardly faster, as its sums wait for each other: a guess, which
  // decides nothing but speed, until it can be measured.
  static constexpr int kRowsWorthwhile = 13;
  static constexpr int kGatherPairsMax = 80;
  // A pixel's taps begin on a cache line of their own.
  static constexpr int64_t kGatherStrideMax = 2 * kGatherPairsMax;

  AmxForwardPath(Tiles& tiles, const Plan& plan, const ConvShape& shape, const Bf16* x,
                 const Bf16* weights, const Bf16ConvEpilogue& epilogue, Output* y,
                 int64_t y_row_stride)
      : tiles_(tiles),
        plan_(plan),
        shape_(shape),
        row_taps_(shape.kernel_width * shape.in_channels),
        out_width_(shape.out_width()),
        x_(x),
        weights_(weights),
        epilogue_(epilogue),
        y_(y),
        y_row_stride_(y_row_stride) {}

  static int Cost(int lines, const TileCut& cut) {
    const int rows = cut.size < kRowsWorthwhile ? kRowsWorthwhile : cut.size;
    return lines * cut.count * rows;
  }

  static Plan PlanOf(const ConvShape& shape) {
    Plan plan;
    plan.lines = shape.out_height();
    plan.cut = TileCut::Of(shape.out_width());
    const TileCut whole =
        TileCut::Of((shape.out_height() - 1) * shape.in_width + shape.out_width());
    if (Cost(1, whole) < Cost(plan.lines, plan.cut)) {
      plan.lines = 1;
      plan.cut = whole;
    }
    const int row_pairs = (shape.kernel_width * shape.in_channels + 1) / 2;
    // Rows of few bytes are slow to load and leave most of a tile empty.
    plan.gathers = shape.in_channels < 16 && shape.kernel_height * row_pairs <= kGatherPairsMax;
    plan.kernel_rows = plan.gathers ? 1 : shape.kernel_height;
    plan.row_pairs = plan.gathers ? shape.kernel_height * row_pairs : row_pairs;
    plan.step_pairs = Product::StepPairs(plan.row_pairs);
    return plan;
  }

  [[gnu::always_inline]] int PlaceOf(int tile) const {
    const int line = tile / plan_.cut.count;
    return line * shape_.in_width + plan_.cut.Begin(tile - line * plan_.cut.count);
  }

  template <int kRows, int kColumns>
  [[gnu::always_inline]] void MultiplyDirect(const TileGroup& group, float* sums) {
    const Bf16* left[kRows];
    for (int r = 0; r < kRows; ++r) {
      left[r] = x_ + int64_t{PlaceOf(group.first + r)} * shape_.in_channels;
    }
    // Kernel rows that lie on rows of zeros, for all of the group, are left out.
    const int top = PlaceOf(group.first) / shape_.in_width;
    const int bottom = (PlaceOf(group.first + kRows - 1) + plan_.cut.size - 1) / shape_.in_width;
    const int zeros_above = shape_.zero_rows - bottom;
    const int rows_below = shape_.in_height - shape_.zero_rows - top;
    const int begin = zeros_above > 0 ? zeros_above : 0;
    const int end = rows_below < shape_.kernel_height ? rows_below : shape_.kernel_height;
    MultiplyRows<kRows, kColumns>(left, shape_.in_channels, begin, end, group.channel, sums);
  }

  template <int kRows, int kColumns>
  void MultiplyGathered(const TileGroup& group, float* sums) {
    // One vector more, as the last store may reach over the end.
    alignas(64) Bf16 taps[kRows * kTileRows * kGatherStrideMax + 32];
    const int64_t stride = (2 * plan_.row_pairs + 31) / 32 * 32;
    const Bf16* left[kRows];
    for (int r = 0; r < kRows; ++r) {
      Bf16* const to = taps + r * plan_.cut.size * stride;
      Gather(x_ + int64_t{PlaceOf(group.first + r)} * shape_.in_channels, stride, to);
      left[r] = to;
    }
    MultiplyRows<kRows, kColumns>(left, stride, 0, 1, group.channel, sums);
  }

  // `left_stride` in elements, from a pixel to the next.
  template <int kRows, int kColumns>
  [[gnu::always_inline]] void MultiplyRows(const Bf16* const (&left)[kRows], int64_t left_stride,
                                           int begin, int end, int channel, float* sums) {
    const int64_t x_row_stride = int64_t{shape_.in_width} * shape_.in_channels;
    const int64_t pair_stride = int64_t{2} * shape_.out_channels;
    // Members would be read again at every step, since a tile's load may see any memory.
    const int64_t step_pairs = plan_.step_pairs;
    const int steps = plan_.row_pairs / plan_.step_pairs;
    Product::template Start<kRows, kColumns>(
        tiles_, epilogue_.bias == nullptr ? zeros_ : epilogue_.bias + channel);
    for (int kh = begin; kh < end; ++kh) {
      const Bf16* at[kRows];
      for (int r = 0; r < kRows; ++r) at[r] = left[r] + kh * x_row_stride;
      const Bf16* right = weights_ + kh * plan_.row_pairs * pair_stride + 2 * channel;
      for (int step = 0; step < steps; ++step) {
        Product::template Step<kRows, kColumns>(tiles_, at, 2 * left_stride, right,
                                                2 * pair_stride);
        for (int r = 0; r < kRows; ++r) at[r] += 2 * step_pairs;
        right += step_pairs * pair_stride;
      }
    }
    Product::template Store<kRows, kColumns>(tiles_, sums);
  }

  // For each pixel of a tile its taps, kernel row by kernel row, as the weights lie: with a zero
  // behind a row's odd last tap. Whole vectors are stored; what is too much, the next ones
  // overwrite.
  void Gather(const Bf16* x, int64_t stride, Bf16* to) const {
    const int64_t x_row_stride = int64_t{shape_.in_width} * shape_.in_channels;
    const int row_size = (row_taps_ + 1) / 2 * 2;
    for (int pixel = 0; pixel < plan_.cut.size; ++pixel) {
      for (int kh = 0; kh < shape_.kernel_height; ++kh) {
        const Bf16* const row = x + pixel * shape_.in_channels + kh * x_row_stride;
        Bf16* const row_to = to + pixel * stride + kh * row_size;
        for (int tap = 0; tap < row_taps_; tap += 32) {
          const int count = row_taps_ - tap;
          const __mmask32 mask = count < 32 ? (1U << count) - 1 : ~0U;
          _mm512_storeu_si512(row_to + tap, _mm512_maskz_loadu_epi16(mask, row + tap));
        }
      }
    }
  }

  template <int kColumns>
  [[gnu::always_inline]] void FinishTile(int tile, int channel, const float* sums,
                                         TotalSums<kColumns>& totals) {
    int pixel = plan_.cut.Skip(tile % plan_.cut.count);
    const int place = PlaceOf(tile) + pixel;
    int row = place / shape_.in_width;
    int column = place - row * shape_.in_width;
    while (pixel < plan_.cut.size) {
      const int run = out_width_ - column;  // up to the end of the row
      const int left = plan_.cut.size - pixel;
      if (run > 0) {
        FinishRun(run < left ? run : left,
                  row * y_row_stride_ + int64_t{column} * shape_.out_channels + channel,
                  sums + 16 * pixel, totals);
      }
      pixel += shape_.in_width - column;
      column = 0;
      ++row;
    }
  }

  // Neighbouring pixels from y's element `offset` on.
  template <int kColumns>
  [[gnu::always_inline]] void FinishRun(int count, int64_t offset, const float* sums,
                                        TotalSums<kColumns>& totals) {
    const bool relu = epilogue_.relu;
    const bool multiplies = epilogue_.product_sum != nullptr;
    const Bf16* const companion = epilogue_.companion;
    for (int pixel = 0; pixel < count; ++pixel, offset += shape_.out_channels, sums += 16) {
#pragma GCC unroll 2
      for (int c = 0; c < kColumns; ++c) {
        Vector value = Lanes::Load(sums + c * kTileFloats);
        if (relu) value = Lanes::Relu(value);
        value = Lanes::StoreOutput(y_ + offset + 16 * c, value);  // as it is rounded there
        totals.sum[c] = Lanes::Add(totals.sum[c], value);
        if (!multiplies) continue;
        const Vector factor =
            companion == nullptr ? value : Lanes::LoadInput(companion + offset + 16 * c);
        totals.product_sum[c] = Lanes::MultiplyAdd(value, factor, totals.product_sum[c]);
      }
    }
  }

  static void AddTo(float* sums, int channel, Vector total) {
    if (sums == nullptr) return;
    Lanes::Store(sums + channel, Lanes::Add(Lanes::Load(sums + channel), total));
  }

  Tiles& tiles_;
  const Plan plan_;
  const ConvShape& shape_;
  const int row_taps_;
  const int out_width_;
  const Bf16* const x_;
  const Bf16* const weights_;
  const Bf16ConvEpilogue& epilogue_;
  Output* const y_;
  const int64_t y_row_stride_;
  alignas(64) const float zeros_[32] = {};
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_AMX_FORWARD_H_
