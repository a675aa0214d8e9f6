#ifndef TRAIND_SERVER_KERNELS_BF16_PAIRS_H_
#define TRAIND_SERVER_KERNELS_BF16_PAIRS_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/conv_bf16.h"

namespace traind {

// Lays numbers out in pairs, as instructions that add two products take them. Only files that are
// compiled for AVX-512 may include it.
class Bf16Pairs {
 public:
  // to[i] = (first[i], second[i]); null stands for zeros.
  static void Make(const Bf16* first, const Bf16* second, int64_t count, Bf16* to) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
      const __m512i low = Widen(first, i);
      const __m512i high = Widen(second, i);
      _mm512_storeu_si512(to + 2 * i,
                          _mm512_or_si512(low, _mm512_maskz_slli_epi32(0xFFFF, high, 16)));
    }
    for (; i < count; ++i) {
      to[2 * i] = first == nullptr ? Bf16{0} : first[i];
      to[2 * i + 1] = second == nullptr ? Bf16{0} : second[i];
    }
  }

 private:
  [[gnu::always_inline]] static __m512i Widen(const Bf16* from, int64_t i) {
    if (from == nullptr) return _mm512_setzero_si512();
    const __m256i loaded = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    return _mm512_maskz_cvtepu16_epi32(0xFFFF, loaded);
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_BF16_PAIRS_H_
