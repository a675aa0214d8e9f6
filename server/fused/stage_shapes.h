#ifndef TRAIND_SERVER_FUSED_STAGE_SHAPES_H_
#define TRAIND_SERVER_FUSED_STAGE_SHAPES_H_

#include <cstdint>

#include "server/fused/fused_plan.h"
#include "server/kernels/conv.h"
#include "server/kernels/elementwise.h"

namespace traind {

// What the kernels are told of a stage with weights. A linear layer takes any number of samples at
// once: they are the rows of an image of one column whose channels are the features.
// A convolution takes one.

ConvShape ForwardShape(const FusedStage& stage, int64_t sample_count);

// The input gradient: the same with inputs and outputs exchanged and stride 1, over the
// output's gradient as it is spread: with a border of GradientBorder, which below 0 is
// cut off instead, and `stride` pixels apart.
ConvShape InputGradientShape(const FusedStage& stage, int64_t sample_count);
inline int GradientBorder(const FusedStage& stage) {
  return stage.is_linear() ? 0 : stage.kernel_height - 1 - stage.padding;
}

// Whether the spread gradient lies apart from the gradient itself, without a border, as
// the kernel of the weight gradient reads it. Else they are one.
inline bool SpreadsApart(const FusedStage& stage) {
  return stage.stride > 1 || GradientBorder(stage) < 0;
}
// The border of the gradient itself.
inline int OutputGradientBorder(const FusedStage& stage) {
  return stage.has_weights() && !SpreadsApart(stage) ? GradientBorder(stage) : 0;
}
// Copies the gradient of a sample's output there.
template <class Element>
void SpreadGradient(const FusedStage& stage, const Element* gradient, Element* spread);

// The output of so many samples.
PlaneShape OutputPlane(const FusedStage& stage, int64_t sample_count);

// The input of one sample, or what a map makes, without its border, how far its rows lie apart, and
// where it starts within the sample.
PlaneShape InputPlane(const FusedStage& stage);
int64_t InputRowStride(const FusedStage& stage);
int64_t InputStart(const FusedStage& stage);

// The planes of contiguous rows at `data`.
template <class Element>
PlaneOf<Element> Dense(const PlaneShape& shape, Element* data) {
  return {data, int64_t{shape.width} * shape.channels};
}
template <class Element>
ConstPlaneOf<Element> Dense(const PlaneShape& shape, const Element* data) {
  return {data, int64_t{shape.width} * shape.channels};
}

inline int64_t ValueCount(const PlaneShape& shape) {
  return int64_t{shape.height} * shape.width * shape.channels;
}

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_SHAPES_H_
