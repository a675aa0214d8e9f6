#ifndef TRAIND_SERVER_KERNELS_AMX_TILES_H_
#define TRAIND_SERVER_KERNELS_AMX_TILES_H_

#include <cstdint>

#include "server/kernels/tile_config.h"

namespace traind {

// The 8 tile registers of AMX, which belong to the thread: configured by the constructor, given
// back by the destructor, so that no call leaves a configuration to the next one and a change of
// threads saves 8 KB only while tiles are in use. One at a time in a thread, and only where
// AmxBf16Status (amx_support.h) is OK: elsewhere the instructions end the process.
//
// As assembler, since GCC 12's functions for these instructions do not tell the compiler that they
// read memory. The assembler knows them without an option.
class AmxTiles {
 public:
  [[gnu::always_inline]] explicit AmxTiles(const TileConfig& config) {
    asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
  }
  [[gnu::always_inline]] ~AmxTiles() { asm volatile("tilerelease" : : : "memory"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  // The tile's rows lie `stride_bytes` apart.
  template <int kTile>
  [[gnu::always_inline]] void Load(const void* from, int64_t stride_bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2"
                 :
                 : "r"(from), "r"(stride_bytes), "i"(kTile)
                 : "memory");
  }

  template <int kTile>
  [[gnu::always_inline]] void Store(void* to, int64_t stride_bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)"
                 :
                 : "r"(to), "r"(stride_bytes), "i"(kTile)
                 : "memory");
  }

  // kSum[i][j] += sum over the pairs p of kLeft[i][p] * kRight[p][j]; kLeft's rows and kRight's are
  // pairs of bf16, kSum's are floats. Denormal numbers count as zero.
  template <int kSum, int kLeft, int kRight>
  [[gnu::always_inline]] void Dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0"
                 :
                 : "i"(kSum), "i"(kLeft), "i"(kRight)
                 : "memory");
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_AMX_TILES_H_
