#ifndef TRAIND_SERVER_KERNELS_TILE_PRODUCT_H_
#define TRAIND_SERVER_KERNELS_TILE_PRODUCT_H_

#include <cstdint>

#include "server/kernels/conv_bf16.h"
#include "server/kernels/tile_config.h"

// Products of matrices of bf16 by tiles, as both kinds of convolution by AMX are made of. `Tiles`
// is AmxTiles or, in tests, what computes the same without AMX.
//
// Four tiles of sums stay in registers 0 to 3 while the pairs pass by; 4 and 5 are the left
// factor's, 6 and 7 the right one's:
//
//                right 6   right 7                            right 6
//      left 4     sum 0     sum 1       or, where there    left 4    sum 0
//      left 5     sum 2     sum 3       is one column:     left 5    sum 1
//                                                          left 4    sum 2
//                                                          left 5    sum 3
//
// So each tile that is loaded serves two products (the right one of a single column four), and four
// products can run at once, as each sum has to wait for its own last one.
namespace traind {

// Some neighbouring tiles of rows, and the block of channels, that are computed at once.
struct TileGroup {
  int first;
  int count;
  int channel;
};

template <class Tiles>
class TileProduct {
 public:
  // Sums of `rows` rows, steps of `pairs` pairs.
  [[gnu::always_inline]] static TileConfig Config(int rows, int pairs) {
    TileConfig config = {};
    config.palette = 1;
    for (int tile = 0; tile < 8; ++tile) {
      const bool left = tile >= kLeft && tile < kRight;
      config.rows[tile] = static_cast<uint8_t>(tile < kRight ? rows : pairs);
      config.row_bytes[tile] = static_cast<uint16_t>(left ? 4 * pairs : 64);
    }
    return config;
  }

  // The most pairs that a step can have if all steps have as many.
  [[gnu::always_inline]] static int StepPairs(int pairs) {
    int step = kTileRows;
    while (pairs % step != 0) --step;
    return step;
  }

  // All rows of the sums begin as the 16 * kColumns floats at `from`.
  template <int kRows, int kColumns, int kSum = 0>
  [[gnu::always_inline]] static void Start(Tiles& tiles, const float* from) {
    // Cheaper than to set a tile to zero by the instruction for that.
    tiles.template Load<kSum>(from + 16 * (kSum % kColumns), 0);
    if constexpr (kSum + 1 < kRows * kColumns) Start<kRows, kColumns, kSum + 1>(tiles, from);
  }

  // `left` has each row tile's place, `right` is the first column's; the next column is 16 pairs
  // on.
  template <int kRows, int kColumns>
  [[gnu::always_inline]] static void Step(Tiles& tiles, const Bf16* const (&left)[kRows],
                                          int64_t left_stride_bytes, const Bf16* right,
                                          int64_t right_stride_bytes) {
    tiles.template Load<kRight>(right, right_stride_bytes);
    if constexpr (kColumns == 2) tiles.template Load<kRight + 1>(right + 32, right_stride_bytes);
    StepRows<kRows, kColumns, 0>(tiles, left, left_stride_bytes);
  }

  // One tile behind the other, a row for 16 floats.
  template <int kRows, int kColumns, int kSum = 0>
  [[gnu::always_inline]] static void Store(Tiles& tiles, float* to) {
    tiles.template Store<kSum>(to + kSum * kTileFloats, 64);
    if constexpr (kSum + 1 < kRows * kColumns) Store<kRows, kColumns, kSum + 1>(tiles, to);
  }

 private:
  static constexpr int kLeft = 4;
  static constexpr int kRight = 6;

  template <int kRows, int kColumns, int kRow>
  [[gnu::always_inline]] static void StepRows(Tiles& tiles, const Bf16* const (&left)[kRows],
                                              int64_t left_stride_bytes) {
    constexpr int kOwn = kLeft + kRow % 2;
    constexpr int kSum = kRow * kColumns;
    tiles.template Load<kOwn>(left[kRow], left_stride_bytes);
    tiles.template Dot<kSum, kOwn, kRight>();
    if constexpr (kColumns == 2) tiles.template Dot<kSum + 1, kOwn, kRight + 1>();
    if constexpr (kRow + 1 < kRows) {
      StepRows<kRows, kColumns, kRow + 1>(tiles, left, left_stride_bytes);
    }
  }
};

// The last group of a block has fewer tiles.
template <class Path, int kRows, int kColumns>
[[gnu::always_inline]] inline void MultiplyTileGroup(Path& path, const TileGroup& group,
                                                     float* sums) {
  if (group.count == kRows) {
    path.template Multiply<kRows, kColumns>(group, sums);
  } else if constexpr (kRows > 1) {
    MultiplyTileGroup<Path, kRows - 1, kColumns>(path, group, sums);
  }
}

// path.Multiply gives a group's sums, path.Finish takes them. A group is finished after the next
// one is on its way, so that vector registers and tiles work at the same time.
template <class Path, int kRows, int kColumns>
void RunTileGroups(Path& path, int tile_count, int channel) {
  alignas(64) float sums[2][4 * kTileFloats];
  TileGroup before = {0, 0, channel};
  int turn = 0;
  for (int first = 0; first < tile_count; first += before.count) {
    const int left = tile_count - first;
    const TileGroup group = {first, left < kRows ? left : kRows, channel};
    MultiplyTileGroup<Path, kRows, kColumns>(path, group, sums[turn]);
    if (before.count > 0) path.template Finish<kColumns>(before, sums[1 - turn]);
    before = group;
    turn = 1 - turn;
  }
  path.template Finish<kColumns>(before, sums[1 - turn]);
}

// All tiles of rows for each block of channels, which are a multiple of 16.
template <class Path>
void RunTileBlocks(Path& path, int tile_count, int channels) {
  int channel = 0;
  for (; channel + 32 <= channels; channel += 32) {
    RunTileGroups<Path, 2, 2>(path, tile_count, channel);
  }
  if (channel < channels) RunTileGroups<Path, 4, 1>(path, tile_count, channel);
}

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_TILE_PRODUCT_H_
