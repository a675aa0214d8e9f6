#ifndef TRAIND_SERVER_KERNELS_LANES_AVX2_H_
#define TRAIND_SERVER_KERNELS_LANES_AVX2_H_

#include <immintrin.h>

namespace traind {

// 8 floats in one register, for the templates that are written once for all widths. Only files
// that are compiled for AVX2 and FMA may include it.
struct Avx2Lanes {
  using Vector = __m256;
  using Mask = __m256;
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
  // 0 where v is not positive or not a number.
  [[gnu::always_inline]] static Vector Relu(Vector v) { return _mm256_max_ps(v, Zero()); }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_LANES_AVX2_H_
