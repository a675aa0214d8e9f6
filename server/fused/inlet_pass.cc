#include "server/fused/inlet_pass.h"

#include <algorithm>
#include <cmath>

#include "server/fused/stage_shapes.h"

namespace traind {
namespace {

// As the plain step has it: never all of the values.
double DropProbability(double probability) {
  constexpr double kLevels = 65536;
  return std::clamp(std::round(probability * kLevels), 0.0, kLevels - 1) / kLevels;
}

template <typename Visit>
void ForEachRow(const PlaneShape& shape, Visit visit) {
  for (int64_t row = 0; row < shape.height; ++row) visit(row);
}

// What is not a number stays so.
void Relu(const PlaneShape& shape, Plane plane) {
  const int64_t count = int64_t{shape.width} * shape.channels;
  ForEachRow(shape, [&](int64_t row) {
    float* const values = plane.data + row * plane.row_stride;
    for (int64_t i = 0; i < count; ++i) values[i] = values[i] < 0 ? 0 : values[i];
  });
}

// Zeroes the gradient where ReLU gave 0.
void ReluBackward(const PlaneShape& shape, ConstPlane result, Plane gradient) {
  const int64_t count = int64_t{shape.width} * shape.channels;
  ForEachRow(shape, [&](int64_t row) {
    const float* const values = result.data + row * result.row_stride;
    float* const gradients = gradient.data + row * gradient.row_stride;
    for (int64_t i = 0; i < count; ++i) gradients[i] = values[i] > 0 ? gradients[i] : 0;
  });
}

// Dropout where its values lie, for the few of a global average.
void Drop(const DropoutMask& mask, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) {
    const bool kept = (mask.bits[i / 8] >> (i % 8) & 1) != 0;
    values[i] = kept ? values[i] * mask.scale : 0;
  }
}

}  // namespace

InletPass::InletPass(const FusedStage& stage, const FusedStage& below,
                     const ElementwiseKernels& kernels)
    : inlet_(stage.inlet),
      drop_(DropProbability(stage.inlet.drop)),
      below_(OutputPlane(below, 1)),
      made_(InputPlane(stage)),
      row_stride_(InputRowStride(stage)),
      start_(InputStart(stage)),
      kernels_(kernels) {}

int64_t InletPass::mask_bytes() const { return inlet_.drop > 0 ? ValueCount(made_) / 8 : 0; }

int64_t InletPass::note_bytes() const {
  if (inlet_.pool == FusedInlet::Pool::kMax) return ValueCount(made_);
  const bool average = inlet_.pool == FusedInlet::Pool::kAverage;
  return average ? made_.channels * static_cast<int64_t>(sizeof(double)) : 0;
}

void InletPass::DrawMask(const DropoutStream& stream, uint8_t* mask) const {
  kernels_.draw_mask(stream, drop_, ValueCount(made_), mask);
}

DropoutMask InletPass::Mask(const uint8_t* bits) const {
  DropoutMask mask;
  mask.bits = bits;
  if (bits != nullptr) mask.scale = static_cast<float>(1 / (1 - drop_));
  return mask;
}

void InletPass::Make(const float* factors, const float* offsets, const float* output_below,
                     const uint8_t* mask, float* input, uint8_t* note) const {
  const Plane made = {input + start_, row_stride_};
  const ConstPlane below = Dense(below_, output_below);
  switch (inlet_.pool) {
    case FusedInlet::Pool::kNone:
      kernels_.dropout_affine(below_, factors, offsets, below, Mask(mask), made);
      break;
    case FusedInlet::Pool::kMax:
      kernels_.max_pool_affine({below_, inlet_.pool_size, inlet_.pool_stride}, factors, offsets,
                               below, Mask(mask), made, note);
      break;
    case FusedInlet::Pool::kAverage:
      MakeAverage(factors, offsets, output_below, made.data, reinterpret_cast<double*>(note));
      if (mask != nullptr) Drop(Mask(mask), made_.channels, made.data);
      break;
  }
  // Dropout's zeros and factor change no sign, so ReLU may come after it.
  if (inlet_.relu) Relu(made_, made);
}

void InletPass::PassBack(const float* output_below, const float* input, float* input_gradient,
                         const uint8_t* mask, const uint8_t* note, float* gradient_below,
                         float* scratch, double* sum, double* product_sum) const {
  const Plane gradient = Dense(made_, input_gradient);
  const ConstPlane from = {gradient.data, gradient.row_stride};
  const ConstPlane below = Dense(below_, output_below);
  const Plane to = Dense(below_, gradient_below);
  const int channels = below_.channels;
  if (inlet_.relu) ReluBackward(made_, {input + start_, row_stride_}, gradient);
  if (inlet_.pool == FusedInlet::Pool::kAverage) {
    if (mask != nullptr) Drop(Mask(mask), channels, gradient.data);
    return PassBackAverage(gradient.data, reinterpret_cast<const double*>(note), gradient_below,
                           sum, product_sum);
  }
  std::fill_n(scratch, 2 * channels, 0.0F);
  if (inlet_.pool == FusedInlet::Pool::kMax) {
    kernels_.max_pool_backward({below_, inlet_.pool_size, inlet_.pool_stride}, from, Mask(mask),
                               note, below, to, scratch, scratch + channels);
  } else {
    kernels_.dropout_backward(below_, from, Mask(mask), below, to, scratch, scratch + channels);
  }
  for (int c = 0; c < channels; ++c) {
    sum[c] += scratch[c];
    product_sum[c] += scratch[channels + c];
  }
}

void InletPass::MakeAverage(const float* factors, const float* offsets, const float* output_below,
                            float* input, double* averages) const {
  const int64_t pixels = int64_t{below_.height} * below_.width;
  const int channels = below_.channels;
  for (int first = 0; first < channels; first += kChannelBlock) {
    double block[kChannelBlock] = {};
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      const float* const values = output_below + pixel * channels + first;
      for (int c = 0; c < kChannelBlock; ++c) block[c] += values[c];
    }
    for (int c = 0; c < kChannelBlock; ++c) {
      const double average = block[c] / static_cast<double>(pixels);
      if (averages != nullptr) averages[first + c] = average;
      input[first + c] = static_cast<float>(factors[first + c] * average + offsets[first + c]);
    }
  }
}

// The gradient is the same at every pixel, so that the sums need no pass over them. It
// would add the same number again and again, and such rounding errors add up.
void InletPass::PassBackAverage(const float* gradient, const double* averages,
                                float* gradient_below, double* sum, double* product_sum) const {
  const int64_t pixels = int64_t{below_.height} * below_.width;
  const float share = 1.0F / static_cast<float>(pixels);
  const int channels = below_.channels;
  for (int c = 0; c < channels; ++c) {
    sum[c] += gradient[c];
    product_sum[c] += gradient[c] * averages[c];
  }
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    float* const to = gradient_below + pixel * channels;
    for (int c = 0; c < channels; ++c) to[c] = gradient[c] * share;
  }
}

void CopyImage(const FusedStage& stage, const float* image, absl::Span<const Affine> pixels,
               float* input) {
  const int channels = stage.in_channels;
  float* const start = input + InputStart(stage);
  for (int row = 0; row < stage.in_height; ++row) {
    float* const to = start + row * InputRowStride(stage);
    for (int c = 0; c < channels; ++c) {
      const float* const from = image + (int64_t{c} * stage.in_height + row) * stage.in_width;
      const Affine pixel = pixels.empty() ? Affine() : pixels[c];
      for (int column = 0; column < stage.in_width; ++column) {
        to[column * channels + c] = pixel.factor * from[column] + pixel.offset;
      }
    }
  }
}

}  // namespace traind
