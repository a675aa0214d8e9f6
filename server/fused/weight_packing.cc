#include "server/fused/weight_packing.h"

namespace traind {
namespace {

// Calls visit(row, place, channel) for the rows that are no padding; a place is
// row * kernel_width + column of the kernel.
template <typename Visit>
void ForEachRow(const FusedStage& stage, int64_t begin, int64_t end, Visit visit) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t channel = row % stage.laid_in_channels;
    if (channel < stage.in_channels) visit(row, row / stage.laid_in_channels, channel);
  }
}

int64_t PlaceCount(const FusedStage& stage) {
  return int64_t{stage.kernel_height} * stage.kernel_width;
}

}  // namespace

void PackWeights(const FusedStage& stage, const float* weights, int64_t begin, int64_t end,
                 float* packed) {
  const int64_t places = PlaceCount(stage);
  const int64_t out_stride = places * stage.in_channels;
  ForEachRow(stage, begin, end, [&](int64_t row, int64_t place, int64_t channel) {
    const float* const from = weights + channel * places + place;
    float* const to = packed + row * stage.laid_out_channels;
    for (int out = 0; out < stage.out_channels; ++out) to[out] = from[out * out_stride];
  });
}

void PackForInputGradient(const FusedStage& stage, const float* weights, int64_t begin, int64_t end,
                          float* packed) {
  const int64_t places = PlaceCount(stage);
  const int64_t out_stride = places * stage.in_channels;
  ForEachRow(stage, begin, end, [&](int64_t row, int64_t place, int64_t channel) {
    const float* const from = weights + channel * places + place;
    // A linear layer's [out][features], or [place][out][in] with the places turned.
    const int64_t to_stride = stage.is_linear() ? stage.weight_rows() : stage.laid_in_channels;
    const int64_t start =
        stage.is_linear()
            ? row
            : (places - 1 - place) * stage.laid_out_channels * stage.laid_in_channels + channel;
    for (int out = 0; out < stage.out_channels; ++out) {
      packed[start + out * to_stride] = from[out * out_stride];
    }
  });
}

void UnpackWeights(const FusedStage& stage, const float* packed, int64_t begin, int64_t end,
                   float* weights) {
  const int64_t places = PlaceCount(stage);
  const int64_t out_stride = places * stage.in_channels;
  ForEachRow(stage, begin, end, [&](int64_t row, int64_t place, int64_t channel) {
    float* const to = weights + channel * places + place;
    const float* const from = packed + row * stage.laid_out_channels;
    for (int out = 0; out < stage.out_channels; ++out) to[out * out_stride] = from[out];
  });
}

void FoldAffine(const FusedStage& stage, const float* packed, const float* bias,
                const float* factors, const float* offsets, float* folded, float* folded_bias) {
  for (int out = 0; out < stage.out_channels; ++out) folded_bias[out] = bias[out];
  ForEachRow(stage, 0, stage.weight_rows(), [&](int64_t row, int64_t, int64_t channel) {
    const float factor = factors[channel];
    const float offset = offsets[channel];
    const float* const from = packed + row * stage.laid_out_channels;
    float* const to = folded + row * stage.laid_out_channels;
    for (int out = 0; out < stage.out_channels; ++out) {
      to[out] = from[out] * factor;
      folded_bias[out] += from[out] * offset;
    }
  });
}

void UnfoldGradient(const FusedStage& stage, const float* factors, const float* offsets,
                    const float* output_gradient_sums, int64_t begin, int64_t end,
                    float* gradient) {
  ForEachRow(stage, begin, end, [&](int64_t row, int64_t, int64_t channel) {
    const float factor = factors[channel];
    const float offset = offsets[channel];
    float* const values = gradient + row * stage.laid_out_channels;
    for (int out = 0; out < stage.out_channels; ++out) {
      values[out] = factor * values[out] + offset * output_gradient_sums[out];
    }
  });
}

}  // namespace traind
