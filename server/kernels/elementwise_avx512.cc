// The elementwise functions compiled for AVX-512, with the registers of lanes_avx512.h.
#include "server/kernels/draw_mask.h"
#include "server/kernels/elementwise_lanes.h"
#include "server/kernels/lanes_avx512.h"
#include "server/kernels/max_pool.h"
#include "server/kernels/paths.h"

namespace traind {
namespace {

using Path = ElementwisePath<Avx512Lanes>;
using Pool = MaxPoolPath<Avx512Lanes>;

}  // namespace

const ElementwiseKernels kAvx512Elementwise = {
    .name = "avx512",
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
    .draw_mask = &DrawMaskPath<Avx512Lanes>::Run,
    .sgd_update = &Path::SgdUpdate};

}  // namespace traind
