#ifndef TRAIND_SERVER_KERNELS_CONV_H_
#define TRAIND_SERVER_KERNELS_CONV_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace traind {

// Convolutions of one sample in float32, without padding: who wants padding puts the sample into a
// buffer with a border of zeros.
//
// Layouts: pixels are NHWC, rows of x lie in_width * in_channels floats apart. Weights are
// [kernel_height][kernel_width][in_channels][out_channels]. out_channels is a multiple of 16;
// in_channels is any number from 1 on (the first layer's 1 or 3 need no padding).
// Pointers are aligned to 4 bytes; 64 bytes are faster.
//
// The functions touch nothing but their arguments, so threads may call them at once on buffers of
// their own. On one processor a result depends on the arguments alone.
struct ConvShape {
  int in_height = 0;
  int in_width = 0;
  int in_channels = 0;  // as laid out, that is with padding
  int out_channels = 0;
  int kernel_height = 0;
  int kernel_width = 0;
  // So many outermost rows of x at the top, and at the bottom, hold only zeros: kernels need not
  // multiply them. 0 is always right.
  int zero_rows = 0;
  // From one output pixel to the next, right and down, in pixels of x.
  int stride = 1;
  // Of the rows of x between those, only each row_step-th, from the first one on, holds more than
  // zeros. 1 is always right.
  int row_step = 1;

  int out_height() const;
  int out_width() const;
};

// What happens to an output element, in this order: bias, ReLU, sums. ReLU keeps NaN.
struct ConvEpilogue {
  const float* bias = nullptr;  // [out_channels], added; may be null
  bool relu = false;
  // Laid out as the output, for product_sum; null: the output itself, so the sum of squares.
  const float* companion = nullptr;
  float* sum = nullptr;          // [out_channels] += output; may be null
  float* product_sum = nullptr;  // [out_channels] += output * companion; may be null
};

// y[out_height][out_width][out_channels] = epilogue(sum of x * weights). Rows of y, and of the
// companion, lie `y_row_stride` floats apart (at least out_width * out_channels), so that y can lie
// inside a bordered buffer. y overlaps none of the inputs.
//
// The input gradient is the same over dy with a border of kernel-1 zeros, with weights
// [kernel_height][kernel_width][out_channels][in_channels] flipped in both directions. Where the
// stride is s, dy's pixels lie s apart, with zeros between them.
using ConvForward = void(const ConvShape& shape, const float* x, const float* weights,
                         const ConvEpilogue& epilogue, float* y, int64_t y_row_stride);

// dw[kernel_height][kernel_width][in_channels][out_channels] += sum over the sample's output pixels
// of x * dy. Rows of dy lie `dy_row_stride` floats apart.
using ConvWeightGradient = void(const ConvShape& shape, const float* x, const float* dy,
                                int64_t dy_row_stride, float* dw);

struct ConvKernels {
  const char* name;  // "avx512", "avx2" or "portable"
  ConvForward* forward;
  ConvWeightGradient* weight_gradient;
};

// The fastest for this processor.
const ConvKernels& BestConvKernels();

// Null when there is no such path or this processor cannot run it.
const ConvKernels* FindConvKernels(absl::string_view name);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_H_
