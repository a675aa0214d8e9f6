#include "server/fused/stage_shapes.h"

#include <algorithm>

namespace traind {

ConvShape ForwardShape(const FusedStage& stage, int64_t sample_count) {
  ConvShape shape;
  shape.out_channels = stage.laid_out_channels;
  if (stage.is_linear()) {
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
  shape.stride = stage.stride;
  return shape;
}

ConvShape InputGradientShape(const FusedStage& stage, int64_t sample_count) {
  ConvShape shape = ForwardShape(stage, sample_count);
  shape.out_channels = shape.in_channels;
  shape.in_channels = stage.laid_out_channels;
  if (stage.is_linear()) return shape;
  const int border = GradientBorder(stage);
  shape.in_height = stage.in_height + stage.kernel_height - 1;
  shape.in_width = stage.in_width + stage.kernel_width - 1;
  shape.zero_rows = std::max(border, 0);
  shape.stride = 1;
  shape.row_step = border < 0 ? 1 : stage.stride;
  return shape;
}

template <class Element>
void SpreadGradient(const FusedStage& stage, const Element* gradient, Element* spread) {
  const int border = GradientBorder(stage);
  const int64_t channels = stage.laid_out_channels;
  const int height = stage.in_height + stage.kernel_height - 1;
  const int width = stage.in_width + stage.kernel_width - 1;
  for (int row = 0; row < stage.out_height(); ++row) {
    const int to_row = row * stage.stride + border;
    if (to_row < 0 || to_row >= height) continue;
    for (int column = 0; column < stage.out_width(); ++column) {
      const int to_column = column * stage.stride + border;
      if (to_column < 0 || to_column >= width) continue;
      std::copy_n(gradient + (int64_t{row} * stage.out_width() + column) * channels, channels,
                  spread + (int64_t{to_row} * width + to_column) * channels);
    }
  }
}

template void SpreadGradient(const FusedStage&, const float*, float*);
template void SpreadGradient(const FusedStage&, const Bf16*, Bf16*);

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
