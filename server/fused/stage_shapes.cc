#include "server/fused/stage_shapes.h"

namespace traind {

ConvShape ForwardShape(const FusedStage& stage, int64_t sample_count) {
  ConvShape shape;
  shape.out_channels = stage.laid_out_channels;
  if (stage.linear) {
    shape.in_height = static_cast<int>(sample_count);
    shape.in_width = shape.kernel_height = shape.kernel_width = 1;
    shape.in_channels = static_cast<int>(stage.weight_rows());
    return shape;
  }
  shape.in_height = stage.in_height + 2 * stage.padding;
  shape.in_width = stage.in_width + 2 * stage.padding;
  shape.in_channels = stage.laid_in_channels;
  shape.kernel_height = stage.kernel_height;
  shape.kernel_width = stage.kernel_width;
  shape.zero_rows = stage.padding;
  return shape;
}

ConvShape InputGradientShape(const FusedStage& stage, int64_t sample_count) {
  ConvShape shape = ForwardShape(stage, sample_count);
  const int border = GradientBorder(stage);
  shape.out_channels = shape.in_channels;
  shape.in_channels = stage.laid_out_channels;
  if (stage.linear) return shape;
  shape.in_height = stage.out_height() + 2 * border;
  shape.in_width = stage.out_width() + 2 * border;
  shape.zero_rows = border;
  return shape;
}

PlaneShape OutputPlane(const FusedStage& stage, int64_t sample_count) {
  const int height = static_cast<int>(sample_count) * stage.out_height();
  return {height, stage.out_width(), stage.laid_out_channels};
}

PlaneShape InputPlane(const FusedStage& stage) {
  return {stage.in_height, stage.in_width, stage.laid_in_channels};
}

int64_t InputRowStride(const FusedStage& stage) {
  return int64_t{stage.in_width + 2 * stage.padding} * stage.laid_in_channels;
}

int64_t InputStart(const FusedStage& stage) {
  return stage.padding * (InputRowStride(stage) + stage.laid_in_channels);
}

}  // namespace traind
