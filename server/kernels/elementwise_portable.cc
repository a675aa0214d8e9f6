// Plain loops, for processors without AVX2, and what the other paths are measured against.
#include "server/kernels/paths.h"
#include "server/kernels/philox.h"
#include "server/kernels/portable_element.h"

namespace traind {
namespace {

float Kept(const DropoutMask& mask, int64_t element) {
  if (mask.bits == nullptr) return mask.scale;
  return (mask.bits[element / 8] >> (element % 8) & 1) != 0 ? mask.scale : 0;
}

void Add(float* sum, int channel, float value) {
  if (sum != nullptr) sum[channel] += value;
}

// Calls visit(row, column * channels + channel, channel) for each element of a plane.
template <typename Visit>
void ForEach(const PlaneShape& shape, Visit visit) {
  for (int row = 0; row < shape.height; ++row) {
    for (int column = 0; column < shape.width; ++column) {
      for (int c = 0; c < shape.channels; ++c) {
        visit(int64_t{row}, int64_t{column} * shape.channels + c, c);
      }
    }
  }
}

template <class Element>
float At(ConstPlaneOf<Element> plane, int64_t row, int64_t i) {
  return ValueOf(plane.data[row * plane.row_stride + i]);
}

template <class Element>
float Set(PlaneOf<Element> plane, int64_t row, int64_t i, float value) {
  return StoreAs(value, plane.data + row * plane.row_stride + i);
}

template <class Element>
void DropoutAffine(const PlaneShape& shape, const float* a, const float* b, ConstPlaneOf<Element> r,
                   DropoutMask mask, PlaneOf<Element> x) {
  const int64_t row_elements = int64_t{shape.width} * shape.channels;
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    Set(x, row, i, (a[c] * At(r, row, i) + b[c]) * Kept(mask, row * row_elements + i));
  });
}

template <class Element>
void Affine(const PlaneShape& shape, const float* a, const float* b, ConstPlaneOf<Element> r,
            PlaneOf<Element> x) {
  DropoutAffine<Element>(shape, a, b, r, DropoutMask(), x);
}

template <class Element>
void DropoutBackward(const PlaneShape& shape, ConstPlaneOf<Element> dx, DropoutMask mask,
                     ConstPlaneOf<Element> r, PlaneOf<Element> dz, float* sum, float* product_sum) {
  const int64_t row_elements = int64_t{shape.width} * shape.channels;
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float gradient = Set(dz, row, i, At(dx, row, i) * Kept(mask, row * row_elements + i));
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * At(r, row, i));
  });
}

// ReLU's mask, or none.
template <class Element, bool kMasked>
void GradientAffine(const PlaneShape& shape, const float* k1, const float* k2, const float* k3,
                    ConstPlaneOf<Element> r, ConstPlaneOf<Element> dz, PlaneOf<Element> dy,
                    float* sum) {
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float value = At(r, row, i);
    float result = 0;
    if (!kMasked || value > 0) {
      result = k2[c] * value + k3[c];
      if (dz.data != nullptr) result += k1[c] * At(dz, row, i);
    }
    Add(sum, c, Set(dy, row, i, result));
  });
}

template <class Element>
void Relu(const PlaneShape& shape, PlaneOf<Element> x) {
  ForEach(shape, [&](int64_t row, int64_t i, int) {
    if (At(ConstPlaneOf<Element>{x.data, x.row_stride}, row, i) < 0) Set(x, row, i, 0);
  });
}

template <class Element>
void ReluBackward(const PlaneShape& shape, ConstPlaneOf<Element> x, PlaneOf<Element> gradient) {
  ForEach(shape, [&](int64_t row, int64_t i, int) {
    if (!(At(x, row, i) > 0)) Set(gradient, row, i, 0);
  });
}

template <class Element>
float TermValue(const AffineTerm<Element>& term, int64_t row, int64_t i, int channel) {
  if (term.r.data == nullptr) return term.b == nullptr ? 0 : term.b[channel];
  const float scaled = (term.a == nullptr ? 1 : term.a[channel]) * At(term.r, row, i);
  return term.b == nullptr ? scaled : scaled + term.b[channel];
}

template <class Element>
void SumAffine(const PlaneShape& shape, const AffineTerm<Element>& first,
               const AffineTerm<Element>& second, bool relu, PlaneOf<Element> y, float* sum,
               float* square_sum) {
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    float value = TermValue(first, row, i, c) + TermValue(second, row, i, c);
    if (relu && value < 0) value = 0;
    value = Set(y, row, i, value);
    Add(sum, c, value);
    Add(square_sum, c, value * value);
  });
}

template <class Element>
void MaxPoolAffine(const PoolShape& shape, const float* a, const float* b, ConstPlaneOf<Element> r,
                   DropoutMask mask, PlaneOf<Element> x, uint8_t* positions) {
  const PlaneShape out = shape.out();
  const int64_t row_elements = int64_t{out.width} * out.channels;
  ForEach(out, [&](int64_t row, int64_t i, int c) {
    const int64_t left = i / out.channels * shape.stride;
    float chosen = 0;
    int chosen_position = -1;
    for (int position = 0; position < shape.kernel * shape.kernel; ++position) {
      const int64_t in_row = row * shape.stride + position / shape.kernel;
      const int64_t in_column = left + position % shape.kernel;
      const float value = At(r, in_row, in_column * out.channels + c);
      if (chosen_position < 0 || (a[c] < 0 ? value < chosen : value > chosen)) {
        chosen = value;
        chosen_position = position;
      }
    }
    const int64_t element = row * row_elements + i;
    Set(x, row, i, (a[c] * chosen + b[c]) * Kept(mask, element));
    if (positions != nullptr) positions[element] = static_cast<uint8_t>(chosen_position);
  });
}

template <class Element>
void MaxPoolBackward(const PoolShape& shape, ConstPlaneOf<Element> dx, DropoutMask mask,
                     const uint8_t* positions, ConstPlaneOf<Element> r, PlaneOf<Element> dz,
                     float* sum, float* product_sum) {
  ForEach(shape.in, [&](int64_t row, int64_t i, int) { Set(dz, row, i, 0); });
  const PlaneShape out = shape.out();
  const int64_t row_elements = int64_t{out.width} * out.channels;
  ForEach(out, [&](int64_t row, int64_t i, int c) {
    const int64_t element = row * row_elements + i;
    Element stored;
    const float gradient = StoreAs(At(dx, row, i) * Kept(mask, element), &stored);
    const int64_t in_row = row * shape.stride + positions[element] / shape.kernel;
    const int64_t in_column = i / out.channels * shape.stride + positions[element] % shape.kernel;
    const int64_t in_element = in_column * out.channels + c;
    const ConstPlaneOf<Element> so_far = {dz.data, dz.row_stride};
    Set(dz, in_row, in_element, At(so_far, in_row, in_element) + gradient);
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * At(r, in_row, in_element));
  });
}

template <class Element>
void GlobalAverage(const PlaneShape& shape, const float* a, const float* b, ConstPlaneOf<Element> r,
                   float* y) {
  for (int c = 0; c < shape.channels; ++c) y[c] = 0;
  ForEach(shape, [&](int64_t row, int64_t i, int c) { y[c] += At(r, row, i); });
  const float share = 1.0F / static_cast<float>(shape.height * shape.width);
  for (int c = 0; c < shape.channels; ++c) y[c] = a[c] * (y[c] * share) + b[c];
}

template <class Element>
void GlobalAverageBackward(const PlaneShape& shape, const float* dy, ConstPlaneOf<Element> r,
                           PlaneOf<Element> dz, float* sum, float* product_sum) {
  const float share = 1.0F / static_cast<float>(shape.height * shape.width);
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float gradient = Set(dz, row, i, dy[c] * share);
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * At(r, row, i));
  });
}

void DrawMask(const DropoutStream& stream, double probability, int64_t count, uint8_t* bits) {
  const uint32_t threshold = DropThreshold(probability);
  for (int64_t block = 0; block < count / 8; ++block) {
    const uint32_t counter[4] = {static_cast<uint32_t>(block), stream.counter[0], stream.counter[1],
                                 stream.counter[2]};
    uint32_t words[4];
    Philox4x32(stream.key, counter, words);
    uint32_t kept = 0;
    for (int i = 0; i < 8; ++i) {
      const uint32_t random = words[i / 2] >> (i % 2 * 16) & 0xFFFF;
      kept |= uint32_t{random >= threshold} << i;
    }
    bits[block] = static_cast<uint8_t>(kept);
  }
}

void SgdUpdate(const SgdSettings& settings, int64_t count, const float* gradients, float* weights,
               float* buffer) {
  for (int64_t i = 0; i < count; ++i) {
    float step = gradients[i] + settings.weight_decay * weights[i];
    if (buffer != nullptr) {
      buffer[i] = settings.momentum * buffer[i] + step;
      step = settings.nesterov ? step + settings.momentum * buffer[i] : buffer[i];
    }
    weights[i] -= settings.learning_rate * step;
  }
}

template <class Element>
constexpr ElementwiseKernelsOf<Element> kPortable = {
    .name = "portable",
    .affine = &Affine<Element>,
    .masked_affine = &GradientAffine<Element, true>,
    .gradient_affine = &GradientAffine<Element, false>,
    .relu = &Relu<Element>,
    .relu_backward = &ReluBackward<Element>,
    .sum_affine = &SumAffine<Element>,
    .max_pool_affine = &MaxPoolAffine<Element>,
    .max_pool_backward = &MaxPoolBackward<Element>,
    .dropout_affine = &DropoutAffine<Element>,
    .dropout_backward = &DropoutBackward<Element>,
    .global_average = &GlobalAverage<Element>,
    .global_average_backward = &GlobalAverageBackward<Element>,
    .draw_mask = &DrawMask,
    .sgd_update = &SgdUpdate};

}  // namespace

const ElementwiseKernels kPortableElementwise = kPortable<float>;
const Bf16ElementwiseKernels kPortableBf16Elementwise = kPortable<Bf16>;

}  // namespace traind
