#ifndef TRAIND_TESTS_KERNELS_EMULATED_TILES_H_
#define TRAIND_TESTS_KERNELS_EMULATED_TILES_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "server/kernels/conv_bf16.h"
#include "server/kernels/tile_config.h"

namespace traind {

// What AmxTiles does, in plain C++, after the operations as Intel's Software Developer's Manual
// states them (LDTILECFG, TILELOADD, TILESTORED, TDPBF16PS). What would be an invalid instruction
// ends the process.
class EmulatedTiles {
 public:
  explicit EmulatedTiles(const TileConfig& config) : config_(config) {
    Require(config.palette == 1 && config.start_row == 0, "palette 1 from row 0 on");
    for (int tile = 0; tile < 16; ++tile) {
      Require(config.rows[tile] <= 16 && config.row_bytes[tile] <= 64, "16 rows of 64 bytes");
      Require((config.rows[tile] == 0) == (config.row_bytes[tile] == 0), "rows and bytes, or none");
      Require(tile < 8 || config.rows[tile] == 0, "8 tiles");
    }
    std::memset(rows_, 0, sizeof(rows_));
  }

  template <int kTile>
  void Load(const void* from, int64_t stride_bytes) {
    RequireTile(kTile);
    std::memset(rows_[kTile], 0, sizeof(rows_[kTile]));
    for (int row = 0; row < config_.rows[kTile]; ++row) {
      std::memcpy(rows_[kTile][row], static_cast<const char*>(from) + row * stride_bytes,
                  config_.row_bytes[kTile]);
    }
  }

  template <int kTile>
  void Store(void* to, int64_t stride_bytes) {
    RequireTile(kTile);
    for (int row = 0; row < config_.rows[kTile]; ++row) {
      std::memcpy(static_cast<char*>(to) + row * stride_bytes, rows_[kTile][row],
                  config_.row_bytes[kTile]);
    }
  }

  template <int kSum, int kLeft, int kRight>
  void Dot() {
    for (const int tile : {kSum, kLeft, kRight}) RequireTile(tile);
    const int pairs = config_.row_bytes[kLeft] / 4;
    const int columns = config_.row_bytes[kSum] / 4;
    Require(kSum != kLeft && kSum != kRight && kLeft != kRight, "three different tiles");
    Require(config_.rows[kSum] == config_.rows[kLeft], "as many rows of sums as on the left");
    Require(config_.row_bytes[kSum] == config_.row_bytes[kRight],
            "as many columns as on the right");
    Require(pairs == config_.rows[kRight], "as many pairs on the left as rows on the right");
    for (int row = 0; row < config_.rows[kSum]; ++row) {
      // The first and the second of all pairs are summed apart.
      float sums[2][16] = {};
      for (int pair = 0; pair < pairs; ++pair) {
        for (int half = 0; half < 2; ++half) {
          const float left = Number(kLeft, row, 2 * pair + half);
          for (int column = 0; column < columns; ++column) {
            const float right = Number(kRight, pair, 2 * column + half);
            sums[half][column] = Flushed(__builtin_fmaf(left, right, sums[half][column]));
          }
        }
      }
      for (int column = 0; column < columns; ++column) {
        float sum;
        std::memcpy(&sum, rows_[kSum][row] + 4 * column, sizeof(sum));
        sum = Flushed(Flushed(sum) + Flushed(sums[0][column] + sums[1][column]));
        std::memcpy(rows_[kSum][row] + 4 * column, &sum, sizeof(sum));
      }
    }
  }

 private:
  static void Require(bool holds, const char* expected) {
    if (holds) return;
    std::fprintf(stderr, "invalid use of tiles: expected %s\n", expected);
    std::abort();
  }
  void RequireTile(int tile) const { Require(config_.rows[tile] > 0, "a configured tile"); }

  // Denormal numbers count as zero.
  static float Flushed(float number) {
    return __builtin_fabsf(number) < 1.17549435e-38F ? __builtin_copysignf(0, number) : number;
  }
  float Number(int tile, int row, int place) const {
    uint16_t upper;
    std::memcpy(&upper, rows_[tile][row] + 2 * place, sizeof(upper));
    const uint32_t bits = uint32_t{upper} << 16;
    float number;
    std::memcpy(&number, &bits, sizeof(number));
    return Flushed(number);
  }

  const TileConfig config_;
  char rows_[8][16][64];
};

}  // namespace traind

#endif  // TRAIND_TESTS_KERNELS_EMULATED_TILES_H_
