// The convolutions compiled for AVX-512: the tiles of conv_forward_tile.h and
// conv_weight_gradient.h with the registers of lanes_avx512.h.
#include "server/kernels/conv_forward.h"
#include "server/kernels/conv_weight_gradient.h"
#include "server/kernels/lanes_avx512.h"
#include "server/kernels/paths.h"

namespace traind {

const ConvKernels kAvx512Conv = {"avx512", &ConvForwardPath<Avx512Lanes>::Run,
                                 &ConvWeightGradientPath<Avx512Lanes>::Run};

}  // namespace traind
