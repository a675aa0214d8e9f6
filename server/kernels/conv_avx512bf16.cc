// The convolutions of bf16 compiled for AVX512-BF16: the tiles of conv_forward_tile.h and
// conv_weight_gradient.h with the registers of lanes_bf16.h.
#include "server/kernels/bf16_row_pairs.h"
#include "server/kernels/conv_forward.h"
#include "server/kernels/lanes_bf16.h"
#include "server/kernels/paths.h"

namespace traind {

const Bf16ConvKernels kAvx512Bf16Conv = {"avx512bf16", &ConvForwardPath<Bf16Lanes<Bf16>>::Run,
                                         &ConvForwardPath<Bf16Lanes<float>>::Run,
                                         &Bf16WeightGradientPath::Run};

}  // namespace traind
