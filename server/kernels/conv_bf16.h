#ifndef TRAIND_SERVER_KERNELS_CONV_BF16_H_
#define TRAIND_SERVER_KERNELS_CONV_BF16_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "server/kernels/conv.h"

namespace traind {

// The upper half of a float: 8 bits of exponent, 7 of mantissa.
using Bf16 = uint16_t;

// To the nearest, of two equally near to the even one; NaN stays NaN.
void RoundToBf16(int64_t count, const float* from, Bf16* to);
float FloatOf(Bf16 value);

// conv.h with x and dy in bf16 and sums in float. Denormal numbers count as zero. ConvShape and its
// layouts are as there, but for the weights: a kernel's row of kernel_width * in_channels taps is
// kept as pairs of neighbours, [kernel_height][pairs][out_channels][2], with a zero behind an odd
// last tap. Then forward reads one element behind x: it must be readable, and finite.
int64_t Bf16WeightCount(const ConvShape& shape);
// From conv.h's layout.
void PackBf16Weights(const ConvShape& shape, const float* weights, Bf16* packed);

struct Bf16ConvEpilogue {
  const float* bias = nullptr;
  bool relu = false;
  const Bf16* companion = nullptr;
  // Of the outputs as they are stored, after rounding.
  float* sum = nullptr;
  float* product_sum = nullptr;
};

// dw as in ConvWeightGradient. `scratch` has Bf16ScratchCount(shape) elements; each thread its own.
using Bf16ConvWeightGradient = void(const ConvShape& shape, const Bf16* x, const Bf16* dy,
                                    int64_t dy_row_stride, Bf16* scratch, float* dw);
int64_t Bf16ScratchCount(const ConvShape& shape);

struct Bf16ConvKernels {
  const char* name;  // "amxbf16", "avx512bf16" or "portable"
  // As ConvForward; strides in elements.
  void (*forward)(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                  const Bf16ConvEpilogue& epilogue, Bf16* y, int64_t y_row_stride);
  void (*forward_to_float)(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                           const Bf16ConvEpilogue& epilogue, float* y, int64_t y_row_stride);
  Bf16ConvWeightGradient* weight_gradient;
};

// The fastest for this processor, see also amx_support.h. The portable path is slower than floats:
// ask for "avx512bf16" to know whether bf16 is worth while.
const Bf16ConvKernels& BestBf16ConvKernels();

// Null when there is no such path or this processor cannot run it.
const Bf16ConvKernels* FindBf16ConvKernels(absl::string_view name);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_BF16_H_
