#ifndef TRAIND_SERVER_FUSED_STAGE_KERNELS_H_
#define TRAIND_SERVER_FUSED_STAGE_KERNELS_H_

#include <cstdint>
#include <string>

#include "server/fused/element.h"
#include "server/kernels/conv.h"
#include "server/kernels/conv_bf16.h"
#include "server/kernels/elementwise.h"

namespace traind {

// What a convolution's output goes through, as in ConvEpilogue.
template <class Element>
struct EpilogueOf {
  const float* bias = nullptr;
  bool relu = false;
  const Element* companion = nullptr;
  float* sum = nullptr;
  float* product_sum = nullptr;
};

// The kernels for one kind of element, alike for all kinds. Weights are given in the
// layout of conv.h; `Prepare` makes what the kernels read of them.
template <class Element>
class StageKernels;

template <>
class StageKernels<float> {
 public:
  // By the name of a path as in FindConvKernels, which must exist; empty: the fastest.
  explicit StageKernels(const std::string& path)
      : conv_(path.empty() ? BestConvKernels() : *FindConvKernels(path)),
        elementwise_(path.empty() ? BestElementwiseKernels() : *FindElementwiseKernels(path)) {}

  const ElementwiseKernels& elementwise() const { return elementwise_; }

  // Elements of the buffer for Prepare, which gives the weights that the others take:
  // the same ones, or those in the buffer.
  int64_t PreparedCount(const ConvShape&) const { return 0; }
  const float* Prepare(const ConvShape&, const float* weights, float*) const { return weights; }
  int64_t ScratchCount(const ConvShape&) const { return 0; }

  void Forward(const ConvShape& shape, const float* x, const float* weights,
               const EpilogueOf<float>& epilogue, float* y, int64_t y_row_stride) const {
    conv_.forward(
        shape, x, weights,
        {epilogue.bias, epilogue.relu, epilogue.companion, epilogue.sum, epilogue.product_sum}, y,
        y_row_stride);
  }
  void ForwardToFloat(const ConvShape& shape, const float* x, const float* weights,
                      const float* bias, float* y, int64_t y_row_stride) const {
    conv_.forward(shape, x, weights, {bias}, y, y_row_stride);
  }
  void WeightGradient(const ConvShape& shape, const float* x, const float* dy,
                      int64_t dy_row_stride, float*, float* dw) const {
    conv_.weight_gradient(shape, x, dy, dy_row_stride, dw);
  }

 private:
  const ConvKernels& conv_;
  const ElementwiseKernels& elementwise_;
};

template <>
class StageKernels<Bf16> {
 public:
  // As in FindBf16ConvKernels.
  explicit StageKernels(const std::string& path)
      : conv_(path.empty() ? BestBf16ConvKernels() : *FindBf16ConvKernels(path)),
        elementwise_(path.empty() ? BestBf16ElementwiseKernels()
                                  : *FindBf16ElementwiseKernels(path)) {}

  const Bf16ElementwiseKernels& elementwise() const { return elementwise_; }

  int64_t PreparedCount(const ConvShape& shape) const { return Bf16WeightCount(shape); }
  const Bf16* Prepare(const ConvShape& shape, const float* weights, Bf16* buffer) const {
    PackBf16Weights(shape, weights, buffer);
    return buffer;
  }
  int64_t ScratchCount(const ConvShape& shape) const { return Bf16ScratchCount(shape); }

  void Forward(const ConvShape& shape, const Bf16* x, const Bf16* weights,
               const EpilogueOf<Bf16>& epilogue, Bf16* y, int64_t y_row_stride) const {
    conv_.forward(shape, x, weights, Full(epilogue), y, y_row_stride);
  }
  void ForwardToFloat(const ConvShape& shape, const Bf16* x, const Bf16* weights, const float* bias,
                      float* y, int64_t y_row_stride) const {
    EpilogueOf<Bf16> epilogue;
    epilogue.bias = bias;
    conv_.forward_to_float(shape, x, weights, Full(epilogue), y, y_row_stride);
  }
  void WeightGradient(const ConvShape& shape, const Bf16* x, const Bf16* dy, int64_t dy_row_stride,
                      Bf16* scratch, float* dw) const {
    conv_.weight_gradient(shape, x, dy, dy_row_stride, scratch, dw);
  }

 private:
  static Bf16ConvEpilogue Full(const EpilogueOf<Bf16>& epilogue) {
    return {epilogue.bias, epilogue.relu, epilogue.companion, epilogue.sum, epilogue.product_sum};
  }

  const Bf16ConvKernels& conv_;
  const Bf16ElementwiseKernels& elementwise_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_KERNELS_H_
