#ifndef TRAIND_TESTS_KERNELS_EMULATED_AMX_CONV_H_
#define TRAIND_TESTS_KERNELS_EMULATED_AMX_CONV_H_

#include "server/kernels/conv_bf16.h"

namespace traind {

// The convolutions of conv_amx.cc with EmulatedTiles: the same code but for AMX's own instructions.
// Needs "avx512bf16".
extern const Bf16ConvKernels kEmulatedAmxConv;

}  // namespace traind

#endif  // TRAIND_TESTS_KERNELS_EMULATED_AMX_CONV_H_
