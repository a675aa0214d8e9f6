#ifndef TRAIND_SERVER_KERNELS_BF16_TRANSPOSE_H_
#define TRAIND_SERVER_KERNELS_BF16_TRANSPOSE_H_

#include <immintrin.h>

#include <cstdint>

#include "server/kernels/conv_bf16.h"

namespace traind {

// Turns pixels of channels into channels of pixels. Only files that are compiled for AVX-512 may
// include it.
class Bf16Transpose {
 public:
  // to[channel * line_stride + pixel] = from[pixel * channels + channel]. Each line is filled up to
  // line_stride, which is a multiple of 32, with zeros.
  static void Run(const Bf16* from, int64_t pixels, int channels, Bf16* to, int64_t line_stride) {
    int channel = 0;
    for (; channel + 16 <= channels; channel += 16) {
      for (int64_t pixel = 0; pixel < line_stride; pixel += 32) {
        Block(from + pixel * channels + channel, pixels - pixel, channels,
              to + channel * line_stride + pixel, line_stride);
      }
    }
    for (; channel < channels; ++channel) {
      Bf16* const line = to + channel * line_stride;
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        line[pixel] = from[pixel * channels + channel];
      for (int64_t pixel = pixels; pixel < line_stride; ++pixel) line[pixel] = 0;
    }
  }

 private:
  // 16 channels of 32 pixels, of which `pixels` are there. A register holds two pixels, p and p +
  // 16, and in the end a channel. Four times, registers that are 1, 2, 4 and 8 apart exchange what
  // lies so many places off the diagonal.
  static void Block(const Bf16* from, int64_t pixels, int64_t pixel_stride, Bf16* to,
                    int64_t line_stride) {
    __m512i v[16];
#pragma GCC unroll 16
    for (int p = 0; p < 16; ++p) {
      const __m256i low = LoadPixel(from, p, pixels, pixel_stride);
      const __m256i high = LoadPixel(from, p + 16, pixels, pixel_stride);
      v[p] = _mm512_maskz_inserti64x4(0xFF, _mm512_castsi256_si512(low), high, 1);
    }
    const __m512i upper = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i lower = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
#pragma GCC unroll 16
    for (int p = 0; p < 16; p += 2) Exchange1(v[p], v[p + 1]);
#pragma GCC unroll 16
    for (int p = 0; p < 16; ++p) {
      if ((p & 2) == 0) Exchange2(v[p], v[p + 2]);
    }
#pragma GCC unroll 16
    for (int p = 0; p < 16; ++p) {
      if ((p & 4) == 0) Exchange4(v[p], v[p + 4]);
    }
#pragma GCC unroll 8
    for (int p = 0; p < 8; ++p) {
      _mm512_storeu_si512(to + p * line_stride, _mm512_permutex2var_epi64(v[p], upper, v[p + 8]));
      _mm512_storeu_si512(to + (p + 8) * line_stride,
                          _mm512_permutex2var_epi64(v[p], lower, v[p + 8]));
    }
  }

  [[gnu::always_inline]] static __m256i LoadPixel(const Bf16* from, int pixel, int64_t pixels,
                                                  int64_t pixel_stride) {
    if (pixel >= pixels) return _mm256_setzero_si256();
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + pixel * pixel_stride));
  }

  // Of each two neighbours in a and b: a = (a's first, b's first), b = (a's second, b's second).
  [[gnu::always_inline]] static void Exchange1(__m512i& a, __m512i& b) {
    const __m512i first =
        _mm512_mask_blend_epi16(0xAAAAAAAA, a, _mm512_maskz_slli_epi32(0xFFFF, b, 16));
    b = _mm512_mask_blend_epi16(0xAAAAAAAA, _mm512_maskz_srli_epi32(0xFFFF, a, 16), b);
    a = first;
  }
  // The same for neighbours of 2 numbers, and of 4.
  [[gnu::always_inline]] static void Exchange2(__m512i& a, __m512i& b) {
    const __m512i first = _mm512_mask_blend_epi32(0xAAAA, a, _mm512_maskz_slli_epi64(0xFF, b, 32));
    b = _mm512_mask_blend_epi32(0xAAAA, _mm512_maskz_srli_epi64(0xFF, a, 32), b);
    a = first;
  }
  [[gnu::always_inline]] static void Exchange4(__m512i& a, __m512i& b) {
    const __m512i first = _mm512_maskz_unpacklo_epi64(0xFF, a, b);
    b = _mm512_maskz_unpackhi_epi64(0xFF, a, b);
    a = first;
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_BF16_TRANSPOSE_H_
