#include "tests/kernels/emulated_amx_conv.h"

#include "server/kernels/amx_forward.h"
#include "server/kernels/amx_weight_gradient.h"
#include "server/kernels/lanes_bf16.h"
#include "tests/kernels/emulated_tiles.h"

namespace traind {

const Bf16ConvKernels kEmulatedAmxConv = {"emulated_amx",
                                          &AmxForwardPath<EmulatedTiles, Bf16Lanes<Bf16>>::Run,
                                          &AmxForwardPath<EmulatedTiles, Bf16Lanes<float>>::Run,
                                          &AmxWeightGradientPath<EmulatedTiles>::Run};

}  // namespace traind
