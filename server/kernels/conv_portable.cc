// Plain loops, for processors without AVX2, and what the other paths are measured against.
#include "server/kernels/paths.h"

namespace traind {
namespace {

// One output pixel: y[oc] is the sum over the taps, then the epilogue.
void FinishPixel(const ConvShape& shape, const ConvEpilogue& epilogue, const float* companion,
                 float* y) {
  for (int oc = 0; oc < shape.out_channels; ++oc) {
    if (epilogue.bias != nullptr) y[oc] += epilogue.bias[oc];
    if (epilogue.relu && y[oc] < 0) y[oc] = 0;
    if (epilogue.sum != nullptr) epilogue.sum[oc] += y[oc];
    if (epilogue.product_sum != nullptr) epilogue.product_sum[oc] += y[oc] * companion[oc];
  }
}

void Forward(const ConvShape& shape, const float* x, const float* weights,
             const ConvEpilogue& epilogue, float* y, int64_t y_row_stride) {
  const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
  // The taps of a kernel's row lie one behind the other, in x as in the weights.
  const int row_taps = shape.kernel_width * shape.in_channels;
  for (int row = 0; row < shape.out_height(); ++row) {
    for (int column = 0; column < shape.out_width(); ++column) {
      const int64_t offset = row * y_row_stride + int64_t{column} * shape.out_channels;
      float* const pixel = y + offset;
      for (int oc = 0; oc < shape.out_channels; ++oc) pixel[oc] = 0;
      for (int kh = 0; kh < shape.kernel_height; ++kh) {
        const float* const taps = x + (row * shape.stride + kh) * x_row_stride +
                                  column * shape.stride * shape.in_channels;
        const float* const tap_weights = weights + int64_t{kh} * row_taps * shape.out_channels;
        for (int tap = 0; tap < row_taps; ++tap) {
          for (int oc = 0; oc < shape.out_channels; ++oc) {
            pixel[oc] += taps[tap] * tap_weights[int64_t{tap} * shape.out_channels + oc];
          }
        }
      }
      const float* const companion = epilogue.companion == nullptr ? y : epilogue.companion;
      FinishPixel(shape, epilogue, companion + offset, pixel);
    }
  }
}

void WeightGradient(const ConvShape& shape, const float* x, const float* dy, int64_t dy_row_stride,
                    float* dw) {
  const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
  const int row_taps = shape.kernel_width * shape.in_channels;
  for (int kh = 0; kh < shape.kernel_height; ++kh) {
    float* const row_gradients = dw + int64_t{kh} * row_taps * shape.out_channels;
    for (int row = 0; row < shape.out_height(); ++row) {
      for (int column = 0; column < shape.out_width(); ++column) {
        const float* const taps = x + (row * shape.stride + kh) * x_row_stride +
                                  column * shape.stride * shape.in_channels;
        const float* const pixel = dy + row * dy_row_stride + int64_t{column} * shape.out_channels;
        for (int tap = 0; tap < row_taps; ++tap) {
          for (int oc = 0; oc < shape.out_channels; ++oc) {
            row_gradients[int64_t{tap} * shape.out_channels + oc] += taps[tap] * pixel[oc];
          }
        }
      }
    }
  }
}

}  // namespace

const ConvKernels kPortableConv = {"portable", &Forward, &WeightGradient};

}  // namespace traind
