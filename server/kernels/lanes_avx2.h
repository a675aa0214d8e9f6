#ifndef TRAIND_SERVER_KERNELS_LANES_AVX2_H_
#define TRAIND_SERVER_KERNELS_LANES_AVX2_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/conv.h"

namespace traind {

// 8 floats in one register, for the templates that are written once for all widths. Only files
// that are compiled for AVX2 and FMA may include it.
struct Avx2Lanes {
  using Vector = __m256;
  using Mask = __m256;
  using Integers = __m256i;  // 8 unsigned numbers of 32 bits
  static constexpr int kCount = 8;
  static constexpr int kRegisters = 16;

  [[gnu::always_inline]] static Vector Zero() { return _mm256_setzero_ps(); }
  [[gnu::always_inline]] static Vector Load(const float* from) { return _mm256_loadu_ps(from); }
  [[gnu::always_inline]] static void Store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
  [[gnu::always_inline]] static Vector Broadcast(float value) { return _mm256_set1_ps(value); }
  [[gnu::always_inline]] static Vector Add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  [[gnu::always_inline]] static Vector Multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
  [[gnu::always_inline]] static Vector MultiplyAdd(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  // Convolutions of floats, a tap a step.
  using Input = float;
  using Output = float;
  using Operand = Vector;
  using Epilogue = ConvEpilogue;
  static constexpr int kTaps = 1;
  [[gnu::always_inline]] static Operand LoadOperand(const Input* from) { return Load(from); }
  [[gnu::always_inline]] static Operand BroadcastOperand(const Input* x) { return Broadcast(*x); }
  [[gnu::always_inline]] static Vector Accumulate(Operand x, Operand weight, Vector sum) {
    return MultiplyAdd(x, weight, sum);
  }
  // As StoreOutput and LoadInput would give it back.
  [[gnu::always_inline]] static Vector AsStored(Vector v) { return v; }
  [[gnu::always_inline]] static Vector LoadInput(const Input* from) { return Load(from); }
  [[gnu::always_inline]] static Vector StoreOutput(Output* to, Vector v) {
    Store(to, v);
    return v;
  }

  // Keeps NaN, so that a training that diverges is seen.
  [[gnu::always_inline]] static Vector Relu(Vector v) { return _mm256_max_ps(Zero(), v); }
  // -0.0 where v is negative, else 0.0.
  [[gnu::always_inline]] static Vector SignBit(Vector v) {
    return _mm256_and_ps(v, _mm256_set1_ps(-0.0F));
  }
  [[gnu::always_inline]] static Vector Xor(Vector a, Vector b) { return _mm256_xor_ps(a, b); }

  [[gnu::always_inline]] static Mask Greater(Vector a, Vector b) {
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
  }
  [[gnu::always_inline]] static Vector Select(Mask mask, Vector yes, Vector no) {
    return _mm256_blendv_ps(no, yes, mask);
  }
  [[gnu::always_inline]] static Vector ZeroUnless(Mask mask, Vector v) {
    return _mm256_and_ps(mask, v);
  }
  // The next kCount bits, the lowest first.
  [[gnu::always_inline]] static Mask LoadBits(const uint8_t* bits) {
    const Integers each = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(And(BroadcastInteger(*bits), each), each));
  }

  [[gnu::always_inline]] static Integers BroadcastInteger(uint32_t value) {
    return _mm256_set1_epi32(static_cast<int>(value));
  }
  // first, first + 1, …
  [[gnu::always_inline]] static Integers CountFrom(uint32_t first) {
    return _mm256_add_epi32(BroadcastInteger(first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  [[gnu::always_inline]] static Integers SelectIntegers(Mask mask, Integers yes, Integers no) {
    return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(mask));
  }
  [[gnu::always_inline]] static Integers And(Integers a, Integers b) {
    return _mm256_and_si256(a, b);
  }
  [[gnu::always_inline]] static Integers Or(Integers a, Integers b) {
    return _mm256_or_si256(a, b);
  }
  [[gnu::always_inline]] static Integers XorIntegers(Integers a, Integers b) {
    return _mm256_xor_si256(a, b);
  }
  [[gnu::always_inline]] static Integers HighHalves(Integers v) { return _mm256_srli_epi32(v, 16); }
  // Each half of 16 bits: all ones where a >= b.
  [[gnu::always_inline]] static Integers HalvesAtLeast(Integers a, Integers b) {
    return _mm256_cmpeq_epi16(_mm256_max_epu16(a, b), a);
  }
  // The upper and lower 32 bits of the products.
  [[gnu::always_inline]] static void MultiplyWide(Integers a, Integers b, Integers* high,
                                                  Integers* low) {
    const Integers even = _mm256_mul_epu32(a, b);
    const Integers odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  }
  // Each number's lowest byte.
  [[gnu::always_inline]] static void StoreBytes(uint8_t* to, Integers v) {
    const Integers bytes = And(v, BroadcastInteger(0xFF));
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
  }
  [[gnu::always_inline]] static Mask BytesEqual(const uint8_t* bytes, uint8_t value) {
    const Integers wide =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(wide, BroadcastInteger(value)));
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_LANES_AVX2_H_
