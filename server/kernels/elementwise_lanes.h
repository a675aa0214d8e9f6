#ifndef TRAIND_SERVER_KERNELS_ELEMENTWISE_LANES_H_
#define TRAIND_SERVER_KERNELS_ELEMENTWISE_LANES_H_

#include <cstdint>

#include "server/kernels/channel_lanes.h"
#include "server/kernels/elementwise.h"

namespace traind {

// The functions of ElementwiseKernelsOf but for pooling and masks, written once for every vector
// width; `Lanes` as in conv_forward_tile.h. Each takes one vector of channels over all pixels, so
// that the channel's factors and sums stay in registers:
//
//   pixel      0  1  2  …               a, b or k1, k2, k3: 1 register each
//   channels  [0..15] down all pixels   sums: 1 register each
//             [16..31] then these
template <class Lanes>
class ElementwisePath {
 public:
  using Element = typename Lanes::Input;
  using ConstPlane = ConstPlaneOf<Element>;
  using Plane = PlaneOf<Element>;
  using Term = AffineTerm<Element>;

  static void Affine(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                     Plane x) {
    DropoutAffine(shape, a, b, r, DropoutMask{nullptr, 1}, x);
  }

  // ReLU's mask, or none.
  template <bool kMasked>
  static void GradientAffine(const PlaneShape& shape, const float* k1, const float* k2,
                             const float* k3, ConstPlane r, ConstPlane dz, Plane dy, float* sum) {
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      const Vector dz_factor = Lanes::Load(k1 + c);
      const Vector r_factor = Lanes::Load(k2 + c);
      const Vector offset = Lanes::Load(k3 + c);
      RowSums<Lanes> sums;
      for (int row = 0; row < shape.height; ++row) {
        for (int column = 0; column < shape.width; ++column) {
          const int64_t i = int64_t{column} * shape.channels + c;
          const Vector value = Lanes::LoadInput(r.data + row * r.row_stride + i);
          Vector result = Lanes::MultiplyAdd(r_factor, value, offset);
          if (dz.data != nullptr) {
            const Vector gradient = Lanes::LoadInput(dz.data + row * dz.row_stride + i);
            result = Lanes::MultiplyAdd(dz_factor, gradient, result);
          }
          if (kMasked) result = Lanes::ZeroUnless(Lanes::Greater(value, Lanes::Zero()), result);
          result = Lanes::StoreOutput(dy.data + row * dy.row_stride + i, result);
          sums.Add(result);
        }
        sums.EndRow();
      }
      AddTo<Lanes>(sum, c, sums.total);
    }
  }

  static void Relu(const PlaneShape& shape, Plane x) {
    const int64_t count = int64_t{shape.width} * shape.channels;
    for (int row = 0; row < shape.height; ++row) {
      Element* const values = x.data + row * x.row_stride;
      for (int64_t i = 0; i < count; i += Lanes::kCount) {
        Lanes::StoreOutput(values + i, Lanes::Relu(Lanes::LoadInput(values + i)));
      }
    }
  }

  static void ReluBackward(const PlaneShape& shape, ConstPlane x, Plane gradient) {
    const int64_t count = int64_t{shape.width} * shape.channels;
    for (int row = 0; row < shape.height; ++row) {
      const Element* const values = x.data + row * x.row_stride;
      Element* const gradients = gradient.data + row * gradient.row_stride;
      for (int64_t i = 0; i < count; i += Lanes::kCount) {
        const auto positive = Lanes::Greater(Lanes::LoadInput(values + i), Lanes::Zero());
        Lanes::StoreOutput(gradients + i,
                           Lanes::ZeroUnless(positive, Lanes::LoadInput(gradients + i)));
      }
    }
  }

  static void SumAffine(const PlaneShape& shape, const Term& first, const Term& second, bool relu,
                        Plane y, float* sum, float* square_sum) {
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      const Vector first_factor = FactorOf(first, c);
      const Vector second_factor = FactorOf(second, c);
      const Vector offset = Lanes::Add(OffsetOf(first, c), OffsetOf(second, c));
      RowSums<Lanes> sums;
      RowSums<Lanes> square_sums;
      for (int row = 0; row < shape.height; ++row) {
        for (int column = 0; column < shape.width; ++column) {
          const int64_t i = int64_t{column} * shape.channels + c;
          Vector value = Lanes::LoadInput(first.r.data + row * first.r.row_stride + i);
          value = Lanes::MultiplyAdd(first_factor, value, offset);
          if (second.r.data != nullptr) {
            const Vector other = Lanes::LoadInput(second.r.data + row * second.r.row_stride + i);
            value = Lanes::MultiplyAdd(second_factor, other, value);
          }
          if (relu) value = Lanes::Relu(value);
          value = Lanes::StoreOutput(y.data + row * y.row_stride + i, value);
          sums.Add(value);
          square_sums.AddProduct(value, value);
        }
        sums.EndRow();
        square_sums.EndRow();
      }
      AddTo<Lanes>(sum, c, sums.total);
      AddTo<Lanes>(square_sum, c, square_sums.total);
    }
  }

  static void DropoutAffine(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                            DropoutMask mask, Plane x) {
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      const Vector factor = Lanes::Load(a + c);
      const Vector offset = Lanes::Load(b + c);
      for (int row = 0; row < shape.height; ++row) {
        for (int column = 0; column < shape.width; ++column) {
          const int64_t i = int64_t{column} * shape.channels + c;
          const int64_t element = int64_t{row} * shape.width * shape.channels + i;
          const Vector value = Lanes::LoadInput(r.data + row * r.row_stride + i);
          const Vector z = Lanes::MultiplyAdd(factor, value, offset);
          Lanes::StoreOutput(x.data + row * x.row_stride + i, Dropped<Lanes>(mask, element, z));
        }
      }
    }
  }

  static void DropoutBackward(const PlaneShape& shape, ConstPlane dx, DropoutMask mask,
                              ConstPlane r, Plane dz, float* sum, float* product_sum) {
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      RowSums<Lanes> sums;
      RowSums<Lanes> product_sums;
      for (int row = 0; row < shape.height; ++row) {
        for (int column = 0; column < shape.width; ++column) {
          const int64_t i = int64_t{column} * shape.channels + c;
          const int64_t element = int64_t{row} * shape.width * shape.channels + i;
          Vector gradient =
              Dropped<Lanes>(mask, element, Lanes::LoadInput(dx.data + row * dx.row_stride + i));
          gradient = Lanes::StoreOutput(dz.data + row * dz.row_stride + i, gradient);
          sums.Add(gradient);
          product_sums.AddProduct(gradient, Lanes::LoadInput(r.data + row * r.row_stride + i));
        }
        sums.EndRow();
        product_sums.EndRow();
      }
      AddTo<Lanes>(sum, c, sums.total);
      AddTo<Lanes>(product_sum, c, product_sums.total);
    }
  }

  static void GlobalAverage(const PlaneShape& shape, const float* a, const float* b, ConstPlane r,
                            float* y) {
    const Vector share = Lanes::Broadcast(Share(shape));
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      const Vector mean = Lanes::Multiply(SumOf(shape, r, c), share);
      Lanes::Store(y + c, Lanes::MultiplyAdd(Lanes::Load(a + c), mean, Lanes::Load(b + c)));
    }
  }

  static void GlobalAverageBackward(const PlaneShape& shape, const float* dy, ConstPlane r,
                                    Plane dz, float* sum, float* product_sum) {
    const Vector share = Lanes::Broadcast(Share(shape));
    const auto pixels = static_cast<float>(shape.height * shape.width);
    for (int c = 0; c < shape.channels; c += Lanes::kCount) {
      const Vector gradient = Lanes::AsStored(Lanes::Multiply(Lanes::Load(dy + c), share));
      for (int row = 0; row < shape.height; ++row) {
        for (int column = 0; column < shape.width; ++column) {
          const int64_t i = int64_t{column} * shape.channels + c;
          Lanes::StoreOutput(dz.data + row * dz.row_stride + i, gradient);
        }
      }
      AddTo<Lanes>(sum, c, Lanes::Multiply(gradient, Lanes::Broadcast(pixels)));
      if (product_sum == nullptr) continue;
      AddTo<Lanes>(product_sum, c, Lanes::Multiply(gradient, SumOf(shape, r, c)));
    }
  }

  static void SgdUpdate(const SgdSettings& settings, int64_t count, const float* gradients,
                        float* weights, float* buffer) {
    int64_t i = 0;
    for (; i + Lanes::kCount <= count; i += Lanes::kCount) {
      UpdateVector(settings, gradients + i, weights + i, buffer == nullptr ? nullptr : buffer + i);
    }
    if (i == count) return;
    // The rest in arrays of one vector, so that every element is rounded in the same way.
    float rest[3][Lanes::kCount] = {};
    const int64_t left = count - i;
    for (int64_t j = 0; j < left; ++j) {
      rest[0][j] = gradients[i + j];
      rest[1][j] = weights[i + j];
      if (buffer != nullptr) rest[2][j] = buffer[i + j];
    }
    UpdateVector(settings, rest[0], rest[1], buffer == nullptr ? nullptr : rest[2]);
    for (int64_t j = 0; j < left; ++j) {
      weights[i + j] = rest[1][j];
      if (buffer != nullptr) buffer[i + j] = rest[2][j];
    }
  }

 private:
  using Vector = typename Lanes::Vector;

  [[gnu::always_inline]] static Vector FactorOf(const Term& term, int channel) {
    return term.a == nullptr ? Lanes::Broadcast(1) : Lanes::Load(term.a + channel);
  }
  [[gnu::always_inline]] static Vector OffsetOf(const Term& term, int channel) {
    return term.b == nullptr ? Lanes::Zero() : Lanes::Load(term.b + channel);
  }

  static float Share(const PlaneShape& shape) {
    return 1.0F / static_cast<float>(shape.height * shape.width);
  }

  [[gnu::always_inline]] static Vector SumOf(const PlaneShape& shape, ConstPlane r, int channel) {
    Vector sum = Lanes::Zero();
    for (int row = 0; row < shape.height; ++row) {
      for (int column = 0; column < shape.width; ++column) {
        sum = Lanes::Add(sum, Lanes::LoadInput(r.data + row * r.row_stride +
                                               int64_t{column} * shape.channels + channel));
      }
    }
    return sum;
  }

  [[gnu::always_inline]] static void UpdateVector(const SgdSettings& settings,
                                                  const float* gradients, float* weights,
                                                  float* buffer) {
    const Vector weight = Lanes::Load(weights);
    Vector step =
        Lanes::MultiplyAdd(Lanes::Broadcast(settings.weight_decay), weight, Lanes::Load(gradients));
    if (buffer != nullptr) {
      const Vector momentum = Lanes::Broadcast(settings.momentum);
      const Vector velocity = Lanes::MultiplyAdd(momentum, Lanes::Load(buffer), step);
      Lanes::Store(buffer, velocity);
      step = settings.nesterov ? Lanes::MultiplyAdd(momentum, velocity, step) : velocity;
    }
    Lanes::Store(weights,
                 Lanes::MultiplyAdd(Lanes::Broadcast(-settings.learning_rate), step, weight));
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_ELEMENTWISE_LANES_H_
