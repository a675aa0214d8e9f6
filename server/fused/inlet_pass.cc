#include "server/fused/inlet_pass.h"

#include <algorithm>
#include <cmath>

#include "server/fused/element.h"
#include "server/fused/stage_shapes.h"

namespace traind {
namespace {

// As the plain step has it: never all of the values.
double DropProbability(double probability) {
  constexpr double kLevels = 65536;
  return std::clamp(std::round(probability * kLevels), 0.0, kLevels - 1) / kLevels;
}

// Dropout where its values lie, for the few of a global average.
template <class Element>
void Drop(const DropoutMask& mask, int64_t count, Element* values) {
  for (int64_t i = 0; i < count; ++i) {
    const bool kept = (mask.bits[i / 8] >> (i % 8) & 1) != 0;
    values[i] = kept ? FromFloat<Element>(ToFloat(values[i]) * mask.scale) : Element();
  }
}

}  // namespace

template <class Element>
InletPass<Element>::InletPass(const FusedStage& stage, const FusedStage& below,
                              const ElementwiseKernelsOf<Element>& kernels)
    : inlet_(stage.inlet),
      drop_(DropProbability(stage.inlet.drop)),
      below_(OutputPlane(below, 1)),
      made_(InputPlane(stage)),
      row_stride_(InputRowStride(stage)),
      start_(InputStart(stage)),
      kernels_(kernels) {}

template <class Element>
int64_t InletPass<Element>::mask_bytes() const {
  return inlet_.drop > 0 ? ValueCount(made_) / 8 : 0;
}

template <class Element>
int64_t InletPass<Element>::note_bytes() const {
  if (inlet_.pool == FusedInlet::Pool::kMax) return ValueCount(made_);
  const bool average = inlet_.pool == FusedInlet::Pool::kAverage;
  return average ? made_.channels * static_cast<int64_t>(sizeof(double)) : 0;
}

template <class Element>
void InletPass<Element>::DrawMask(const DropoutStream& stream, uint8_t* mask) const {
  kernels_.draw_mask(stream, drop_, ValueCount(made_), mask);
}

template <class Element>
DropoutMask InletPass<Element>::Mask(const uint8_t* bits) const {
  DropoutMask mask;
  mask.bits = bits;
  if (bits != nullptr) mask.scale = static_cast<float>(1 / (1 - drop_));
  return mask;
}

template <class Element>
void InletPass<Element>::Make(const float* factors, const float* offsets,
                              const Element* output_below, const uint8_t* mask, Element* input,
                              uint8_t* note) const {
  const PlaneOf<Element> made = {input + start_, row_stride_};
  const ConstPlaneOf<Element> below = Dense(below_, output_below);
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
  if (inlet_.relu) kernels_.relu(made_, made);
}

template <class Element>
void InletPass<Element>::PassBack(const Element* output_below, const Element* input,
                                  Element* input_gradient, const uint8_t* mask, const uint8_t* note,
                                  Element* gradient_below, float* scratch, double* sum,
                                  double* product_sum) const {
  const PlaneOf<Element> gradient = Dense(made_, input_gradient);
  const ConstPlaneOf<Element> from = {gradient.data, gradient.row_stride};
  const ConstPlaneOf<Element> below = Dense(below_, output_below);
  const PlaneOf<Element> to = Dense(below_, gradient_below);
  const int channels = below_.channels;
  if (inlet_.relu) kernels_.relu_backward(made_, {input + start_, row_stride_}, gradient);
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

template <class Element>
void InletPass<Element>::MakeAverage(const float* factors, const float* offsets,
                                     const Element* output_below, Element* input,
                                     double* averages) const {
  const int64_t pixels = int64_t{below_.height} * below_.width;
  const int channels = below_.channels;
  for (int first = 0; first < channels; first += kChannelBlock) {
    double block[kChannelBlock] = {};
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      const Element* const values = output_below + pixel * channels + first;
      for (int c = 0; c < kChannelBlock; ++c) block[c] += ToFloat(values[c]);
    }
    for (int c = 0; c < kChannelBlock; ++c) {
      const double average = block[c] / static_cast<double>(pixels);
      if (averages != nullptr) averages[first + c] = average;
      input[first + c] =
          FromFloat<Element>(static_cast<float>(factors[first + c] * average + offsets[first + c]));
    }
  }
}

// The gradient is the same at every pixel, so that the sums need no pass over them. It
// would add the same number again and again, and such rounding errors add up.
template <class Element>
void InletPass<Element>::PassBackAverage(const Element* gradient, const double* averages,
                                         Element* gradient_below, double* sum,
                                         double* product_sum) const {
  const int64_t pixels = int64_t{below_.height} * below_.width;
  const float share = 1.0F / static_cast<float>(pixels);
  const int channels = below_.channels;
  for (int c = 0; c < channels; ++c) {
    // What is written, rounded.
    gradient_below[c] = FromFloat<Element>(ToFloat(gradient[c]) * share);
    const double total = ToFloat(gradient_below[c]) * static_cast<double>(pixels);
    sum[c] += total;
    product_sum[c] += total * averages[c];
  }
  for (int64_t pixel = 1; pixel < pixels; ++pixel) {
    std::copy_n(gradient_below, channels, gradient_below + pixel * channels);
  }
}

template <class Element>
void CopyImage(const FusedStage& stage, const float* image, absl::Span<const Affine> pixels,
               Element* input) {
  const int channels = stage.in_channels;
  Element* const start = input + InputStart(stage);
  for (int row = 0; row < stage.in_height; ++row) {
    Element* const to = start + row * InputRowStride(stage);
    for (int c = 0; c < channels; ++c) {
      const float* const from = image + (int64_t{c} * stage.in_height + row) * stage.in_width;
      const Affine pixel = pixels.empty() ? Affine() : pixels[c];
      for (int column = 0; column < stage.in_width; ++column) {
        to[column * stage.laid_in_channels + c] =
            FromFloat<Element>(pixel.factor * from[column] + pixel.offset);
      }
    }
  }
}

template <class Element>
void CopyBytes(const FusedStage& stage, const ByteImages& images, int64_t index,
               const Element* values, Element* input) {
  Element* const start = input + InputStart(stage);
  for (int row = 0; row < stage.in_height; ++row) {
    Element* const to = start + row * InputRowStride(stage);
    for (int c = 0; c < stage.in_channels; ++c) {
      const uint8_t* const from =
          images.first[index] + c * images.channel_stride + row * images.row_stride;
      const Element* const of_channel = values + int64_t{c} * kByteValues;
      for (int column = 0; column < stage.in_width; ++column) {
        to[column * stage.laid_in_channels + c] = of_channel[from[column]];
      }
    }
  }
}

template class InletPass<float>;
template class InletPass<Bf16>;
template void CopyImage(const FusedStage&, const float*, absl::Span<const Affine>, float*);
template void CopyImage(const FusedStage&, const float*, absl::Span<const Affine>, Bf16*);
template void CopyBytes(const FusedStage&, const ByteImages&, int64_t, const float*, float*);
template void CopyBytes(const FusedStage&, const ByteImages&, int64_t, const Bf16*, Bf16*);

}  // namespace traind
