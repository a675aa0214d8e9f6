// The convolutions of bf16 by AMX's tiles, and AVX512-BF16 for what is around the products.
#include "server/kernels/amx_forward.h"
#include "server/kernels/amx_tiles.h"
#include "server/kernels/amx_weight_gradient.h"
#include "server/kernels/lanes_bf16.h"
#include "server/kernels/paths.h"

namespace traind {

const Bf16ConvKernels kAmxBf16Conv = {"amxbf16", &AmxForwardPath<AmxTiles, Bf16Lanes<Bf16>>::Run,
                                      &AmxForwardPath<AmxTiles, Bf16Lanes<float>>::Run,
                                      &AmxWeightGradientPath<AmxTiles>::Run};

}  // namespace traind
