// The convolutions compiled for AVX2 and FMA: the tiles of conv_forward_tile.h and
// conv_weight_gradient.h with the registers of lanes_avx2.h.
#include "server/kernels/conv_forward.h"
#include "server/kernels/conv_weight_gradient.h"
#include "server/kernels/lanes_avx2.h"
#include "server/kernels/paths.h"

namespace traind {

const ConvKernels kAvx2Conv = {"avx2", &ConvForwardPath<Avx2Lanes>::Run,
                               &ConvWeightGradientPath<Avx2Lanes>::Run};

}  // namespace traind
