#ifndef TRAIND_SERVER_KERNELS_LANES_BF16_H_
#define TRAIND_SERVER_KERNELS_LANES_BF16_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/conv_bf16.h"
#include "server/kernels/lanes_avx512.h"

namespace traind {

// AVX-512's registers with inputs of bf16; convolutions take two taps a step. Only files that are
// compiled for AVX512-BF16 may include it. OutputType is Bf16 or float.
template <class OutputType>
struct Bf16Lanes : Avx512Lanes {
  using Input = Bf16;
  using Output = OutputType;
  using Operand = __m512bh;  // 16 pairs
  using Epilogue = Bf16ConvEpilogue;
  static constexpr int kTaps = 2;

  [[gnu::always_inline]] static Operand LoadOperand(const Input* from) {
    return reinterpret_cast<Operand>(_mm512_loadu_si512(from));
  }
  [[gnu::always_inline]] static Operand BroadcastOperand(const Input* x) {
    int pair;
    __builtin_memcpy(&pair, x, sizeof(pair));
    return reinterpret_cast<Operand>(_mm512_set1_epi32(pair));
  }
  [[gnu::always_inline]] static Vector Accumulate(Operand x, Operand weight, Vector sum) {
    return _mm512_dpbf16_ps(sum, x, weight);
  }
  [[gnu::always_inline]] static Vector AsStored(Vector v) {
    static_assert(sizeof(Output) == sizeof(Bf16));
    return Widen(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
  }
  [[gnu::always_inline]] static Vector LoadInput(const Input* from) {
    return Widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  [[gnu::always_inline]] static Vector StoreOutput(Bf16* to, Vector v) {
    const auto rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded);
    return Widen(rounded);
  }
  [[gnu::always_inline]] static Vector StoreOutput(float* to, Vector v) {
    Store(to, v);
    return v;
  }

 private:
  [[gnu::always_inline]] static Vector Widen(__m256i halves) {
    const __m512i wide = _mm512_maskz_cvtepu16_epi32(0xFFFF, halves);
    return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, wide, 16));
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_LANES_BF16_H_
