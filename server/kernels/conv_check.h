#ifndef TRAIND_SERVER_KERNELS_CONV_CHECK_H_
#define TRAIND_SERVER_KERNELS_CONV_CHECK_H_

#include "absl/status/status.h"
#include "server/kernels/conv_bf16.h"

namespace traind {

// Runs all functions of a path on a few small convolutions. OK when the results are those of the
// portable path but for rounding, else INTERNAL, with the first number that differs: for a path
// whose instructions have to be seen to be believed. Takes some ten milliseconds.
absl::Status CheckAgainstPortable(const Bf16ConvKernels& kernels);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_CHECK_H_
