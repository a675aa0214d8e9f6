#ifndef TRAIND_SERVER_KERNELS_LANES_AVX512_H_
#define TRAIND_SERVER_KERNELS_LANES_AVX512_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/conv.h"

namespace traind {

// 16 floats in one register, for the templates that are written once for all widths. Only files
// that are compiled for AVX-512 may include it.
struct Avx512Lanes {
  using Vector = __m512;
  using Mask = __mmask16;
  using Integers = __m512i;  // 16 unsigned numbers of 32 bits
  static constexpr int kCount = 16;
  static constexpr int kRegisters = 32;

  [[gnu::always_inline]] static Vector Zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static Vector Load(const float* from) { return _mm512_loadu_ps(from); }
  [[gnu::always_inline]] static void Store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
  [[gnu::always_inline]] static Vector Broadcast(float value) { return _mm512_set1_ps(value); }
  [[gnu::always_inline]] static Vector Add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  [[gnu::always_inline]] static Vector Multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
  [[gnu::always_inline]] static Vector MultiplyAdd(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_ps(a, b, c);
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

  // Keeps NaN, so that a training that diverges is seen. With a mask of ones, since GCC 12 warns of
  // _mm512_max_ps itself (GCC bug 105593).
  [[gnu::always_inline]] static Vector Relu(Vector v) {
    return _mm512_maskz_max_ps(0xFFFF, Zero(), v);
  }
  // -0.0 where v is negative, else 0.0.
  [[gnu::always_inline]] static Vector SignBit(Vector v) {
    return _mm512_and_ps(v, _mm512_set1_ps(-0.0F));
  }
  [[gnu::always_inline]] static Vector Xor(Vector a, Vector b) { return _mm512_xor_ps(a, b); }

  [[gnu::always_inline]] static Mask Greater(Vector a, Vector b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
  }
  [[gnu::always_inline]] static Vector Select(Mask mask, Vector yes, Vector no) {
    return _mm512_mask_blend_ps(mask, no, yes);
  }
  [[gnu::always_inline]] static Vector ZeroUnless(Mask mask, Vector v) {
    return _mm512_maskz_mov_ps(mask, v);
  }
  // The next kCount bits, the lowest first.
  [[gnu::always_inline]] static Mask LoadBits(const uint8_t* bits) {
    return static_cast<Mask>(bits[0] | bits[1] << 8);
  }

  [[gnu::always_inline]] static Integers BroadcastInteger(uint32_t value) {
    return _mm512_set1_epi32(static_cast<int>(value));
  }
  // first, first + 1, …
  [[gnu::always_inline]] static Integers CountFrom(uint32_t first) {
    const Integers steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_add_epi32(BroadcastInteger(first), steps);
  }
  [[gnu::always_inline]] static Integers SelectIntegers(Mask mask, Integers yes, Integers no) {
    return _mm512_mask_blend_epi32(mask, no, yes);
  }
  [[gnu::always_inline]] static Integers And(Integers a, Integers b) {
    return _mm512_and_si512(a, b);
  }
  [[gnu::always_inline]] static Integers Or(Integers a, Integers b) {
    return _mm512_or_si512(a, b);
  }
  [[gnu::always_inline]] static Integers XorIntegers(Integers a, Integers b) {
    return _mm512_xor_si512(a, b);
  }
  [[gnu::always_inline]] static Integers HighHalves(Integers v) {
    return _mm512_maskz_srli_epi32(0xFFFF, v, 16);
  }
  // Each half of 16 bits: all ones where a >= b.
  [[gnu::always_inline]] static Integers HalvesAtLeast(Integers a, Integers b) {
    return _mm512_movm_epi16(_mm512_cmpge_epu16_mask(a, b));
  }
  // The upper and lower 32 bits of the products.
  [[gnu::always_inline]] static void MultiplyWide(Integers a, Integers b, Integers* high,
                                                  Integers* low) {
    const Integers even = _mm512_maskz_mul_epu32(0xFF, a, b);
    const Integers odd_a = _mm512_maskz_srli_epi64(0xFF, a, 32);
    const Integers odd = _mm512_maskz_mul_epu32(0xFF, odd_a, b);
    *high = _mm512_mask_blend_epi32(0xAAAA, _mm512_maskz_srli_epi64(0xFF, even, 32), odd);
    *low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_maskz_slli_epi64(0xFF, odd, 32));
  }
  // Each number's lowest byte.
  [[gnu::always_inline]] static void StoreBytes(uint8_t* to, Integers v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(0xFFFF, v));
  }
  [[gnu::always_inline]] static Mask BytesEqual(const uint8_t* bytes, uint8_t value) {
    const __m128i loaded = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    return _mm_cmpeq_epi8_mask(loaded, _mm_set1_epi8(static_cast<char>(value)));
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_LANES_AVX512_H_
