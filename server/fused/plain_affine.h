#ifndef TRAIND_SERVER_FUSED_PLAIN_AFFINE_H_
#define TRAIND_SERVER_FUSED_PLAIN_AFFINE_H_

#include "server/fused/element.h"
#include "server/fused/stage_buffers.h"
#include "server/kernels/elementwise.h"

namespace traind {

// What ElementwiseKernels::masked_affine does, where no ReLU masks.
template <class Element>
void PlainAffine(const PlaneShape& shape, const StageBuffers<Element>& stage, const Element* values,
                 const Element* gradients, PlaneOf<Element> result, float* sum) {
  const float* const of_gradient = stage.of_gradient.data();
  const float* const of_value = stage.of_value.data();
  const float* const constant = stage.constant.data();
  for (int row = 0; row < shape.height; ++row) {
    Element* to = result.data + row * result.row_stride;
    for (int column = 0; column < shape.width; ++column) {
      for (int c = 0; c < shape.channels; ++c) {
        to[c] = FromFloat<Element>(of_gradient[c] * ToFloat(gradients[c]) +
                                   of_value[c] * ToFloat(values[c]) + constant[c]);
        sum[c] += ToFloat(to[c]);
      }
      to += shape.channels;
      values += shape.channels;
      gradients += shape.channels;
    }
  }
}

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_PLAIN_AFFINE_H_
