#ifndef TRAIND_SERVER_KERNELS_LANES_AVX512_H_
#define TRAIND_SERVER_KERNELS_LANES_AVX512_H_

#include <immintrin.h>

namespace traind {

// 16 floats in one register, for the templates that are written once for all widths. Only files
// that are compiled for AVX-512 may include it.
struct Avx512Lanes {
  using Vector = __m512;
  using Mask = __mmask16;
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
  // 0 where v is not positive or not a number. With a mask of ones, since GCC 12 warns of
  // _mm512_max_ps itself (GCC bug 105593).
  [[gnu::always_inline]] static Vector Relu(Vector v) {
    return _mm512_maskz_max_ps(0xFFFF, v, Zero());
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_LANES_AVX512_H_
