// Plain loops, for what the other path is measured against and processors without AVX512-BF16.
#include "server/kernels/paths.h"
#include "server/kernels/portable_element.h"

namespace traind {
namespace {

float SumOfTaps(const ConvShape& shape, const Bf16* x, const Bf16* weights) {
  const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
  const int row_taps = shape.kernel_width * shape.in_channels;
  const int64_t row_weights = int64_t{(row_taps + 1) / 2} * shape.out_channels * 2;
  float sum = 0;
  for (int kh = 0; kh < shape.kernel_height; ++kh) {
    for (int tap = 0; tap < row_taps; ++tap) {
      const int64_t pair = int64_t{tap / 2} * shape.out_channels * 2;
      sum +=
          FloatOf(x[kh * x_row_stride + tap]) * FloatOf(weights[kh * row_weights + pair + tap % 2]);
    }
  }
  return sum;
}

template <typename Output>
void ForwardBf16(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                 const Bf16ConvEpilogue& epilogue, Output* y, int64_t y_row_stride) {
  for (int row = 0; row < shape.out_height(); ++row) {
    for (int column = 0; column < shape.out_width(); ++column) {
      const Bf16* const taps =
          x + (int64_t{row} * shape.in_width + column) * shape.stride * shape.in_channels;
      for (int oc = 0; oc < shape.out_channels; ++oc) {
        const int64_t i = row * y_row_stride + int64_t{column} * shape.out_channels + oc;
        float value = SumOfTaps(shape, taps, weights + 2 * oc);
        if (epilogue.bias != nullptr) value += epilogue.bias[oc];
        if (epilogue.relu && value < 0) value = 0;
        value = StoreAs(value, y + i);
        if (epilogue.sum != nullptr) epilogue.sum[oc] += value;
        if (epilogue.product_sum == nullptr) continue;
        const float companion =
            epilogue.companion == nullptr ? value : FloatOf(epilogue.companion[i]);
        epilogue.product_sum[oc] += value * companion;
      }
    }
  }
}

void WeightGradientBf16(const ConvShape& shape, const Bf16* x, const Bf16* dy,
                        int64_t dy_row_stride, Bf16* /*scratch*/, float* dw) {
  const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
  const int row_taps = shape.kernel_width * shape.in_channels;
  for (int kh = 0; kh < shape.kernel_height; ++kh) {
    for (int tap = 0; tap < row_taps; ++tap) {
      float* const to = dw + (int64_t{kh} * row_taps + tap) * shape.out_channels;
      for (int row = 0; row < shape.out_height(); ++row) {
        for (int column = 0; column < shape.out_width(); ++column) {
          const float input = FloatOf(x[(row * shape.stride + kh) * x_row_stride +
                                        int64_t{column} * shape.stride * shape.in_channels + tap]);
          const Bf16* const pixel = dy + row * dy_row_stride + int64_t{column} * shape.out_channels;
          for (int oc = 0; oc < shape.out_channels; ++oc) to[oc] += input * FloatOf(pixel[oc]);
        }
      }
    }
  }
}

}  // namespace

const Bf16ConvKernels kPortableBf16Conv = {"portable", &ForwardBf16<Bf16>, &ForwardBf16<float>,
                                           &WeightGradientBf16};

}  // namespace traind
