// Plain loops, for processors without AVX2, and what the other paths are measured against.
#include "server/kernels/paths.h"
#include "server/kernels/philox.h"

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

void DropoutAffine(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                   DropoutMask mask, Plane x) {
  const int64_t row_elements = int64_t{shape.width} * shape.channels;
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float z = a[c] * r.data[row * r.row_stride + i] + b[c];
    x.data[row * x.row_stride + i] = z * Kept(mask, row * row_elements + i);
  });
}

void Affine(const PlaneShape& shape, const float* a, const float* b, ConstPlane r, Plane x) {
  DropoutAffine(shape, a, b, r, DropoutMask(), x);
}

void DropoutBackward(const PlaneShape& shape, ConstPlane dx, DropoutMask mask, ConstPlane r,
                     Plane dz, float* sum, float* product_sum) {
  const int64_t row_elements = int64_t{shape.width} * shape.channels;
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float gradient = dx.data[row * dx.row_stride + i] * Kept(mask, row * row_elements + i);
    dz.data[row * dz.row_stride + i] = gradient;
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * r.data[row * r.row_stride + i]);
  });
}

void MaskedAffine(const PlaneShape& shape, const float* k1, const float* k2, const float* k3,
                  ConstPlane r, ConstPlane dz, Plane dy, float* sum) {
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float value = r.data[row * r.row_stride + i];
    float result = 0;
    if (value > 0) {
      result = k2[c] * value + k3[c];
      if (dz.data != nullptr) result += k1[c] * dz.data[row * dz.row_stride + i];
    }
    dy.data[row * dy.row_stride + i] = result;
    Add(sum, c, result);
  });
}

void MaxPoolAffine(const PoolShape& shape, const float* a, const float* b, ConstPlane r,
                   DropoutMask mask, Plane x, uint8_t* positions) {
  const PlaneShape out = shape.out();
  const int64_t row_elements = int64_t{out.width} * out.channels;
  ForEach(out, [&](int64_t row, int64_t i, int c) {
    const int64_t left = i / out.channels * shape.stride;
    float chosen = 0;
    int chosen_position = -1;
    for (int position = 0; position < shape.kernel * shape.kernel; ++position) {
      const int64_t in_row = row * shape.stride + position / shape.kernel;
      const int64_t in_column = left + position % shape.kernel;
      const float value = r.data[in_row * r.row_stride + in_column * out.channels + c];
      if (chosen_position < 0 || (a[c] < 0 ? value < chosen : value > chosen)) {
        chosen = value;
        chosen_position = position;
      }
    }
    const int64_t element = row * row_elements + i;
    x.data[row * x.row_stride + i] = (a[c] * chosen + b[c]) * Kept(mask, element);
    if (positions != nullptr) positions[element] = static_cast<uint8_t>(chosen_position);
  });
}

void MaxPoolBackward(const PoolShape& shape, ConstPlane dx, DropoutMask mask,
                     const uint8_t* positions, ConstPlane r, Plane dz, float* sum,
                     float* product_sum) {
  ForEach(shape.in, [&](int64_t row, int64_t i, int) { dz.data[row * dz.row_stride + i] = 0; });
  const PlaneShape out = shape.out();
  const int64_t row_elements = int64_t{out.width} * out.channels;
  ForEach(out, [&](int64_t row, int64_t i, int c) {
    const int64_t element = row * row_elements + i;
    const float gradient = dx.data[row * dx.row_stride + i] * Kept(mask, element);
    const int64_t in_row = row * shape.stride + positions[element] / shape.kernel;
    const int64_t in_column = i / out.channels * shape.stride + positions[element] % shape.kernel;
    const int64_t in_element = in_column * out.channels + c;
    dz.data[in_row * dz.row_stride + in_element] += gradient;
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * r.data[in_row * r.row_stride + in_element]);
  });
}

void GlobalAverage(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                   float* y) {
  for (int c = 0; c < shape.channels; ++c) y[c] = 0;
  ForEach(shape, [&](int64_t row, int64_t i, int c) { y[c] += r.data[row * r.row_stride + i]; });
  const float share = 1.0F / static_cast<float>(shape.height * shape.width);
  for (int c = 0; c < shape.channels; ++c) y[c] = a[c] * (y[c] * share) + b[c];
}

void GlobalAverageBackward(const PlaneShape& shape, const float* dy, ConstPlane r, Plane dz,
                           float* sum, float* product_sum) {
  const float share = 1.0F / static_cast<float>(shape.height * shape.width);
  ForEach(shape, [&](int64_t row, int64_t i, int c) {
    const float gradient = dy[c] * share;
    dz.data[row * dz.row_stride + i] = gradient;
    Add(sum, c, gradient);
    Add(product_sum, c, gradient * r.data[row * r.row_stride + i]);
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

}  // namespace

const ElementwiseKernels kPortableElementwise = {.name = "portable",
                                                 .affine = &Affine,
                                                 .masked_affine = &MaskedAffine,
                                                 .max_pool_affine = &MaxPoolAffine,
                                                 .max_pool_backward = &MaxPoolBackward,
                                                 .dropout_affine = &DropoutAffine,
                                                 .dropout_backward = &DropoutBackward,
                                                 .global_average = &GlobalAverage,
                                                 .global_average_backward = &GlobalAverageBackward,
                                                 .draw_mask = &DrawMask,
                                                 .sgd_update = &SgdUpdate};

}  // namespace traind
