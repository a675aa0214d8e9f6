#include "bench/train/peak_loops.h"

#include "server/kernels/amx_support.h"
#include "server/kernels/tile_config.h"

namespace traind {
namespace {

// As assembler, since compilers find ways to do less or to store the registers. Twelve sums do
// not wait for each other, whatever the latency. No register of a number past 15 is used, so that
// the names of the short ones, which are their lower parts, tell the compiler what is lost.

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void RunAvx512(int rounds) {
  asm volatile(
      "1:\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm0\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm1\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm2\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm3\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm4\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm5\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm6\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm7\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm8\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm9\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm10\n\t"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm11\n\t"
      "sub $1, %0\n\t"
      "jnz 1b"
      : "+r"(rounds)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

[[gnu::target("avx512f,avx512bf16")]] void RunAvx512Bf16(int rounds) {
  asm volatile(
      "1:\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm0\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm1\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm2\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm3\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm4\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm5\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm6\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm7\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm8\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm9\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm10\n\t"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm11\n\t"
      "sub $1, %0\n\t"
      "jnz 1b"
      : "+r"(rounds)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

[[gnu::target("avx2,fma")]] void RunAvx2(int rounds) {
  asm volatile(
      "1:\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm0\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm1\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm2\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm3\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm4\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm5\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm6\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm7\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm8\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm9\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm10\n\t"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm11\n\t"
      "sub $1, %0\n\t"
      "jnz 1b"
      : "+r"(rounds)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

// Four sums of full tiles do not wait for each other.
void RunAmxBf16(int rounds) {
  TileConfig config = {};
  config.palette = 1;
  for (int tile = 0; tile < 8; ++tile) {
    config.rows[tile] = kTileRows;
    config.row_bytes[tile] = 64;
  }
  asm volatile(
      "ldtilecfg %1\n\t"
      "tilezero %%tmm0\n\t"
      "tilezero %%tmm1\n\t"
      "tilezero %%tmm2\n\t"
      "tilezero %%tmm3\n\t"
      "tilezero %%tmm4\n\t"
      "tilezero %%tmm5\n\t"
      "1:\n\t"
      "tdpbf16ps %%tmm4, %%tmm5, %%tmm0\n\t"
      "tdpbf16ps %%tmm4, %%tmm5, %%tmm1\n\t"
      "tdpbf16ps %%tmm4, %%tmm5, %%tmm2\n\t"
      "tdpbf16ps %%tmm4, %%tmm5, %%tmm3\n\t"
      "sub $1, %0\n\t"
      "jnz 1b\n\t"
      "tilerelease"
      : "+r"(rounds)
      : "m"(config)
      : "cc");
}

constexpr int kSums = 12;
constexpr PeakLoop kAvx512 = {&RunAvx512, kSums * 16 * 2};
constexpr PeakLoop kAvx512Bf16 = {&RunAvx512Bf16, kSums * 32 * 2};
constexpr PeakLoop kAmxBf16 = {&RunAmxBf16, int64_t{4} * kTileRows * 16 * 32 * 2};
constexpr PeakLoop kAvx2 = {&RunAvx2, kSums * 8 * 2};
#endif

}  // namespace

const PeakLoop* FindPeakLoop(absl::string_view path) {
#if defined(__x86_64__)
  if (path == "avx512" && __builtin_cpu_supports("avx512f")) return &kAvx512;
  if (path == "amxbf16" && AmxBf16Status().ok()) return &kAmxBf16;
  if (path == "avx512bf16" && __builtin_cpu_supports("avx512bf16")) return &kAvx512Bf16;
  if (path == "avx2" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return &kAvx2;
  }
#endif
  return nullptr;
}

}  // namespace traind
