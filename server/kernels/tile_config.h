#ifndef TRAIND_SERVER_KERNELS_TILE_CONFIG_H_
#define TRAIND_SERVER_KERNELS_TILE_CONFIG_H_

#include <cstdint>

namespace traind {

// The largest tile: 16 rows of 64 bytes, which is 16 floats or 16 pairs of bf16.
inline constexpr int kTileRows = 16;
inline constexpr int kTileFloats = 16 * 16;

// The shapes of AMX's tile registers as the instruction LDTILECFG reads them. {} says nothing yet:
// the palette with 8 tiles is 1.
struct alignas(64) TileConfig {
  uint8_t palette;
  uint8_t start_row;
  uint8_t reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
static_assert(sizeof(TileConfig) == 64);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_TILE_CONFIG_H_
