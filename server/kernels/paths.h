#ifndef TRAIND_SERVER_KERNELS_PATHS_H_
#define TRAIND_SERVER_KERNELS_PATHS_H_

#include "server/kernels/conv.h"
#include "server/kernels/conv_bf16.h"
#include "server/kernels/elementwise.h"

namespace traind {

// The paths that dispatch.cc chooses from. Each stands in a file that is compiled for its own
// instruction set; nothing but plain functions may lead out of such a file.
extern const ConvKernels kPortableConv;
extern const ConvKernels kAvx2Conv;
extern const ConvKernels kAvx512Conv;
extern const Bf16ConvKernels kPortableBf16Conv;
extern const Bf16ConvKernels kAvx512Bf16Conv;
extern const Bf16ConvKernels kAmxBf16Conv;
extern const Bf16ElementwiseKernels kPortableBf16Elementwise;
extern const Bf16ElementwiseKernels kAvx512Bf16Elementwise;
extern const ElementwiseKernels kPortableElementwise;
extern const ElementwiseKernels kAvx2Elementwise;
extern const ElementwiseKernels kAvx512Elementwise;

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_PATHS_H_
