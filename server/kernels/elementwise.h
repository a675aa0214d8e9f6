#ifndef TRAIND_SERVER_KERNELS_ELEMENTWISE_H_
#define TRAIND_SERVER_KERNELS_ELEMENTWISE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "server/kernels/conv_bf16.h"

namespace traind {

// What stands between the convolutions of a network, one sample at a time: NHWC, float32 or bf16,
// channels a multiple of 16. With planes of bf16 the arithmetic is in float; each result is rounded
// once, and sums are of the results as they are stored. Rows of every buffer lie its
// `..._row_stride` floats apart, so that buffers may have borders; borders are neither read nor
// written. Per-channel arrays are [channels]. Sums are added to what is there; a sum's pointer may
// be null. Threads as in conv.h.
struct PlaneShape {
  int height = 0;
  int width = 0;
  int channels = 0;
};

template <class Element>
struct ConstPlaneOf {
  const Element* data = nullptr;
  int64_t row_stride = 0;
};

template <class Element>
struct PlaneOf {
  Element* data = nullptr;
  int64_t row_stride = 0;
};

using ConstPlane = ConstPlaneOf<float>;
using Plane = PlaneOf<float>;
using Bf16ConstPlane = ConstPlaneOf<Bf16>;
using Bf16Plane = PlaneOf<Bf16>;

// One term of a sum: a[c] * r + b[c].
template <class Element>
struct AffineTerm {
  const float* a = nullptr;
  const float* b = nullptr;
  ConstPlaneOf<Element> r;
};

// Which elements dropout keeps, one bit each: element i of a plane without borders and gaps is bit
// i % 8 of byte i / 8. `bits` null keeps all; a kept element is multiplied by `scale`.
struct DropoutMask {
  const uint8_t* bits = nullptr;
  float scale = 1;
};

// The numbers of one sample's mask (philox.h): the block of 8 elements i / 8 has the counter
// {i / 8, counter[0], counter[1], counter[2]}.
struct DropoutStream {
  uint32_t key[2];
  uint32_t counter[3];
};

// Windows lie fully inside the input: the output is (in - kernel) / stride + 1, rounded down.
struct PoolShape {
  PlaneShape in;
  int kernel = 0;  // at most 16, so that a position in the window fits a byte
  int stride = 0;

  PlaneShape out() const;
};

struct SgdSettings {
  float learning_rate = 0;
  float momentum = 0;
  float weight_decay = 0;
  bool nesterov = false;
};

// Element is float or Bf16.
template <class Element>
struct ElementwiseKernelsOf {
  using ConstPlane = ConstPlaneOf<Element>;
  using Plane = PlaneOf<Element>;

  const char* name;  // as in ConvKernels, or in Bf16ConvKernels

  // x = a[c] * r + b[c].
  void (*affine)(const PlaneShape& shape, const float* a, const float* b, ConstPlane r, Plane x);

  // dy = r > 0 ? k1[c] * dz + k2[c] * r + k3[c] : 0; sum[c] += dy. dy may be dz itself. dz.data may
  // be null for a dz of zeros: with k1 * dz added to k3 that serves a dz that is the same at each
  // pixel, as behind a global average.
  void (*masked_affine)(const PlaneShape& shape, const float* k1, const float* k2, const float* k3,
                        ConstPlane r, ConstPlane dz, Plane dy, float* sum);
  // The same without a mask, where no ReLU was.
  void (*gradient_affine)(const PlaneShape& shape, const float* k1, const float* k2,
                          const float* k3, ConstPlane r, ConstPlane dz, Plane dy, float* sum);

  // x = relu(x), which keeps NaN, and its backward: gradient = x > 0 ? gradient : 0.
  void (*relu)(const PlaneShape& shape, Plane x);
  void (*relu_backward)(const PlaneShape& shape, ConstPlane x, Plane gradient);

  // y = the sum of both terms, then ReLU if asked for. sum[c] += y; square_sum[c] += y * y. A
  // term's a and b may be null: 1 and 0. The second one's r.data may be null: no second term. y may
  // be what a term reads.
  void (*sum_affine)(const PlaneShape& shape, const AffineTerm<Element>& first,
                     const AffineTerm<Element>& second, bool relu, Plane y, float* sum,
                     float* square_sum);

  // x = dropout(max over the window of (a[c] * r + b[c])). `positions`, [out height][out width]
  // [channels], takes each maximum's place in its window, row by row from 0; the first of equals.
  // It may be null. Where a[c] is negative the maximum is at the least r.
  void (*max_pool_affine)(const PoolShape& shape, const float* a, const float* b, ConstPlane r,
                          DropoutMask mask, Plane x, uint8_t* positions);

  // The gradient dz by a[c] * r + b[c] from dx by x: all of dz (shape.in) is written.
  // sum[c] += dz; product_sum[c] += dz * r.
  void (*max_pool_backward)(const PoolShape& shape, ConstPlane dx, DropoutMask mask,
                            const uint8_t* positions, ConstPlane r, Plane dz, float* sum,
                            float* product_sum);

  // x = dropout(a[c] * r + b[c]), and its backward: dz = dx where kept, scaled, with the two sums.
  void (*dropout_affine)(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                         DropoutMask mask, Plane x);
  void (*dropout_backward)(const PlaneShape& shape, ConstPlane dx, DropoutMask mask, ConstPlane r,
                           Plane dz, float* sum, float* product_sum);

  // y[c] = a[c] * (mean of r over the pixels) + b[c], and its backward: each pixel's dz is
  // dy[c] / pixels, with the two sums.
  void (*global_average)(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                         float* y);
  void (*global_average_backward)(const PlaneShape& shape, const float* dy, ConstPlane r, Plane dz,
                                  float* sum, float* product_sum);

  // Sets `count` bits as in DropoutMask, count a multiple of 8: an element is dropped when its 16
  // random bits are less than DropThreshold(probability). Element i has, of its block's 4 words,
  // word (i % 8) / 2, there the low half for even i. All paths give the same bits.
  void (*draw_mask)(const DropoutStream& stream, double probability, int64_t count, uint8_t* bits);

  // PyTorch's SGD with dampening 0: g = gradient + weight_decay * weight; buffer = momentum *
  // buffer + g; weight -= learning_rate * (nesterov ? g + momentum * buffer : buffer). The buffer
  // starts as zeros; it is null when momentum is 0.
  void (*sgd_update)(const SgdSettings& settings, int64_t count, const float* gradients,
                     float* weights, float* buffer);
};

using ElementwiseKernels = ElementwiseKernelsOf<float>;
using Bf16ElementwiseKernels = ElementwiseKernelsOf<Bf16>;

// The fastest for this processor.
const Bf16ElementwiseKernels& BestBf16ElementwiseKernels();
const ElementwiseKernels& BestElementwiseKernels();

// Null when there is no such path or this processor cannot run it. The convolutions of "amxbf16"
// have those of "avx512bf16" beside them, which that name finds too.
const ElementwiseKernels* FindElementwiseKernels(absl::string_view name);
const Bf16ElementwiseKernels* FindBf16ElementwiseKernels(absl::string_view name);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_ELEMENTWISE_H_
