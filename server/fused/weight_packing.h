#ifndef TRAIND_SERVER_FUSED_WEIGHT_PACKING_H_
#define TRAIND_SERVER_FUSED_WEIGHT_PACKING_H_

#include <cstdint>

#include "server/fused/fused_plan.h"

namespace traind {

// Between a layer's weights as PyTorch has them, [out][in][height][width] or [out][features],
// and as the kernels read them: rows of laid_out_channels, one for each place of the
// kernel and input channel, in this order. All of it for rows `begin` to `end`, so that
// threads can share the work. Padding channels are left as they are: zeros.

void PackWeights(const FusedStage& stage, const float* weights, int64_t begin, int64_t end,
                 float* packed);

// For the input gradient: inputs and outputs exchanged, and the kernel of a convolution
// turned by 180 degrees.
void PackForInputGradient(const FusedStage& stage, const float* weights, int64_t begin, int64_t end,
                          float* packed);

// The other way round.
void UnpackWeights(const FusedStage& stage, const float* packed, int64_t begin, int64_t end,
                   float* weights);

// Takes batch normalisation of the input, factor * r + offset for each of its channels,
// into weights and bias: a convolution without padding sees the offset at every place,
// so this is exact.
void FoldAffine(const FusedStage& stage, const float* packed, const float* bias,
                const float* factors, const float* offsets, float* folded, float* folded_bias);

// From the gradient by the folded weights, which is what the kernel gives, and the output
// gradient's sums to the gradient by the weights themselves, in place.
void UnfoldGradient(const FusedStage& stage, const float* factors, const float* offsets,
                    const float* output_gradient_sums, int64_t begin, int64_t end, float* gradient);

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_WEIGHT_PACKING_H_
