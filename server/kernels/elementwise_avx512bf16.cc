// The elementwise functions on planes of bf16 compiled for AVX512-BF16, with the registers of
// lanes_bf16.h.
#include "server/kernels/draw_mask.h"
#include "server/kernels/elementwise_lanes.h"
#include "server/kernels/lanes_bf16.h"
#include "server/kernels/max_pool.h"
#include "server/kernels/paths.h"

namespace traind {
namespace {

using Path = ElementwisePath<Bf16Lanes<Bf16>>;
using Pool = MaxPoolPath<Bf16Lanes<Bf16>>;

}  // namespace

const Bf16ElementwiseKernels kAvx512Bf16Elementwise = {
    .name = "avx512bf16",
    .affine = &Path::Affine,
    .masked_affine = &Path::GradientAffine<true>,
    .gradient_affine = &Path::GradientAffine<false>,
    .relu = &Path::Relu,
    .relu_backward = &Path::ReluBackward,
    .sum_affine = &Path::SumAffine,
    .max_pool_affine = &Pool::Forward,
    .max_pool_backward = &Pool::Backward,
    .dropout_affine = &Path::DropoutAffine,
    .dropout_backward = &Path::DropoutBackward,
    .global_average = &Path::GlobalAverage,
    .global_average_backward = &Path::GlobalAverageBackward,
    .draw_mask = &DrawMaskPath<Bf16Lanes<Bf16>>::Run,
    .sgd_update = &Path::SgdUpdate};

}  // namespace traind
